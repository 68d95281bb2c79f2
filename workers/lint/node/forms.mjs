// Forms: Camunda's form linter, the syntax of every FEEL expression, and whether Tasklist can run it.
import { lintExpression } from '@bpmn-io/feel-lint';

import { lintForm as lintCompatibility } from './camunda.mjs';
import { problemsOf } from './tasklist.mjs';

const BRACES = /\{\{(.*?)\}\}/gs;

/** Return reports for a form's JSON. */
export function lintForm(json) {
  const reports = lintCompatibility(json).map((report) => ({ ...report, rule: `form/${report.rule ?? 'compatibility'}` }));
  return [...reports, ...lintExpressions(JSON.parse(json), '')];
}

function lintExpressions(value, owner) {
  if (typeof value === 'string') {
    const problem = value.startsWith('=') && lintExpression(value.slice(1))[0];
    const reports = problem ? [{ id: owner, rule: 'form/feel', message: `${value}: ${problem.message}` }] : [];
    const unknown = bodiesOf(value).flatMap(problemsOf);
    return [...reports, ...unknown.map((message) => ({ id: owner, rule: 'form/feel-of-tasklist', message }))];
  }
  if (value === null || typeof value !== 'object') {
    return [];
  }
  const id = typeof value.id === 'string' ? value.id : owner;
  return Object.values(value).flatMap((part) => lintExpressions(part, id));
}

/** Return the expressions of a text: all of it after "=", or what stands in its braces. */
function bodiesOf(value) {
  if (value.startsWith('=')) {
    return [value.slice(1)];
  }
  const bodies = [...value.matchAll(BRACES)].map((found) => found[1].trim());
  return bodies.filter((body) => !body.startsWith('/')).map((body) => body.replace(/^(#(if|loop)\s+|=|@)/, ''));
}
