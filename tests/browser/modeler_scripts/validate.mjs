// Reads a JSON list of element templates; writes what the published schema says against each, by id.
import { text } from 'node:stream/consumers';

import { getZeebeSchemaVersion, validateZeebe } from '@bpmn-io/element-templates-validator';

const problems = {};
for (const template of JSON.parse(await text(process.stdin))) {
  const { valid, errors } = validateZeebe(template);
  if (!valid) {
    problems[template.id] = errors.map(({ instancePath, message }) => `${instancePath}: ${message}`);
  }
}
process.stdout.write(JSON.stringify({ schema: getZeebeSchemaVersion(), problems }));
