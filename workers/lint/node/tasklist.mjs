// FEEL as Tasklist 8.6 runs it in forms: feelin 3.1.2 on lezer-feel 1.3.0. Newer functions are silently null there.
import { evaluate, parseExpression } from 'feelin-of-tasklist';

const SAMPLES = ['"a", "a"', '1, 1', '[1..2], [1..2]'];

/** Return what Tasklist cannot run in an expression (without its "=" or braces): messages. */
export function problemsOf(feel) {
  const problems = new Set();
  parseExpression(feel).iterate({
    enter({ node }) {
      if (node.type.isError) {
        problems.add(`${feel}: syntax at ${node.from + 1}`);
      }
      const name = node.name === 'FunctionInvocation' && node.firstChild.name === 'VariableName' && calledBy(node, feel);
      if (name && !isKnown(name)) {
        problems.add(`${feel}: ${name}`);
      }
    },
  });
  return [...problems];
}

function calledBy(node, feel) {
  return feel.slice(node.firstChild.from, node.firstChild.to).replace(/\s+/g, ' ');
}

function isKnown(name) {
  return typeof evaluate(name, {}) === 'function' && !SAMPLES.some((sample) => isMissing(`${name}(${sample})`));
}

function isMissing(call) {
  try {
    evaluate(call, {});
    return false;
  } catch (error) {
    return error.message.startsWith('not implemented');
  }
}
