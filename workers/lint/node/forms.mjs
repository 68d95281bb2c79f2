// Forms: Camunda's form linter, and the syntax of every FEEL expression.
import { lintExpression } from '@bpmn-io/feel-lint';

import { lintForm as lintCompatibility } from './camunda.mjs';

/** Return reports for a form's JSON. */
export function lintForm(json) {
  const reports = lintCompatibility(json).map((report) => ({ ...report, rule: `form/${report.rule ?? 'compatibility'}` }));
  return [...reports, ...lintExpressions(JSON.parse(json), '')];
}

function lintExpressions(value, owner) {
  if (typeof value === 'string') {
    const problem = value.startsWith('=') && lintExpression(value.slice(1))[0];
    return problem ? [{ id: owner, rule: 'form/feel', message: `${value}: ${problem.message}` }] : [];
  }
  if (value === null || typeof value !== 'object') {
    return [];
  }
  const id = typeof value.id === 'string' ? value.id : owner;
  return Object.values(value).flatMap((part) => lintExpressions(part, id));
}
