// Reads a JSON list of files from standard input; writes {findings, linters} as JSON to standard output.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

import { BpmnModdle } from 'bpmn-moddle';

import { lintDiagram } from './camunda.mjs';
import { lintDecisions } from './decisions.mjs';
import { lintForm } from './forms.mjs';

const require = createRequire(import.meta.url);
const { Linter } = require('bpmnlint');
const NodeResolver = require('bpmnlint/lib/resolver/node-resolver');

const PACKAGES = ['bpmnlint', 'bpmnlint-plugin-camunda-compat', '@camunda/linting', '@camunda/form-linting', '@bpmn-io/feel-lint', 'dmn-moddle'];
const CONFIG = { extends: ['bpmnlint:recommended', 'plugin:camunda-compat/camunda-cloud-8-6'] };

async function lintBpmn(xml) {
  const moddle = new BpmnModdle({
    zeebe: require('zeebe-bpmn-moddle/resources/zeebe.json'),
    modeler: require('modeler-moddle/resources/modeler.json'),
  });
  const { rootElement, warnings } = await moddle.fromXML(xml);
  const linter = new Linter({ config: CONFIG, resolver: new NodeResolver({ require }) }); // rules remember the file they saw
  const reports = warnings.map((warning) => ({ id: '', rule: 'bpmn/import', message: warning.message }));
  for (const [rule, found] of Object.entries(await linter.lint(rootElement))) {
    reports.push(...found.map((report) => ({ ...report, rule })));
  }
  return [...reports, ...(await lintDiagram(xml))];
}

const LINTERS = { bpmn: lintBpmn, dmn: lintDecisions, form: lintForm };
const findings = [];
for (const file of JSON.parse(await text(process.stdin))) {
  try {
    const reports = await LINTERS[file.split('.').pop()]((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''));
    for (const { id, rule, message, category } of reports) {
      findings.push({ file, element: id ?? '', rule, message, category: category ?? 'error' });
    }
  } catch (error) {
    findings.push({ file, element: '', rule: 'import', message: error.message.split('\n')[0], category: 'error' });
  }
}
const linters = [
  `Node.js ${process.versions.node}`,
  ...PACKAGES.map((name) => `${name} ${require(`./node_modules/${name}/package.json`).version}`),
];
process.stdout.write(JSON.stringify({ findings, linters }));
