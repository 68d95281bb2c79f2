// Reads a JSON list of files from standard input; writes a list of {file, text, problems} as JSON to standard output.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { formatDecision, formatDiagram, formatForm } from './modelers.mjs';

const FORMATTERS = { bpmn: formatDiagram, dmn: formatDecision, form: formatForm };
const formatted = [];
for (const file of JSON.parse(await text(process.stdin))) {
  try {
    formatted.push({ file, ...(await FORMATTERS[file.split('.').pop()]((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''))) });
  } catch (error) {
    formatted.push({ file, text: '', problems: [error.message.split('\n')[0]] });
  }
}
process.stdout.write(JSON.stringify(formatted));
