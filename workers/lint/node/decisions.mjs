// DMN: what the moddle parser complains about, and the FEEL of every cell.
import { lintExpression } from '@bpmn-io/feel-lint';
import { DmnModdle } from 'dmn-moddle';
import { unaryTest } from 'feelin';

const text = (element) => (element?.text ?? '').trim();

/** Return reports {id, rule, message} for a DMN file's XML. */
export async function lintDecisions(xml) {
  const { rootElement, warnings } = await new DmnModdle().fromXML(xml);
  const reports = warnings.map((warning) => ({ id: rootElement.id, rule: 'dmn/import', message: warning.message }));
  for (const decision of rootElement.drgElement ?? []) {
    reports.push(...lintLogic(decision.decisionLogic));
  }
  return reports;
}

function lintLogic(logic) {
  if (logic?.$type === 'dmn:LiteralExpression') {
    return expression(logic, logic.id);
  }
  return logic?.$type === 'dmn:DecisionTable' ? lintTable(logic) : [];
}

function lintTable(table) {
  const reports = (table.input ?? []).flatMap((input) => expression(input.inputExpression, input.id));
  const seen = new Map();
  for (const rule of table.rule ?? []) {
    reports.push(...(rule.inputEntry ?? []).flatMap(condition));
    reports.push(...(rule.outputEntry ?? []).flatMap((entry) => expression(entry, entry.id)));
    const conditions = JSON.stringify((rule.inputEntry ?? []).map(text));
    if (seen.has(conditions) && table.hitPolicy !== 'COLLECT' && table.hitPolicy !== 'RULE ORDER') {
      reports.push({ id: rule.id, rule: 'dmn/duplicate-rule', message: `same conditions as ${seen.get(conditions)}` });
    }
    seen.set(conditions, rule.id);
  }
  return reports;
}

function expression(element, id) {
  const feel = text(element);
  const problem = feel && lintExpression(feel)[0];
  return problem ? [{ id, rule: 'dmn/feel', message: `${feel}: ${problem.message}` }] : [];
}

function condition(entry) {
  const feel = text(entry);
  if (!feel || feel === '-') {
    return [];
  }
  try {
    unaryTest(feel, { '?': null });
    return [];
  } catch (error) {
    return [{ id: entry.id, rule: 'dmn/feel', message: `${feel}: ${error.message.split('\n')[0]}` }];
  }
}
