#!/bin/sh
# form-js viewer 1.10.1 (the one in Camunda Tasklist 8.6): what is a field that nobody touched, to a condition of the same
# form? A text is "" even when the data says null; a number, a select and a radio are null.
# So "hide unless x = null" never shows anything for a text, and "x != null" holds before anybody typed. The submitted
# data differ in the same way. What helps: conditions on texts test `x = null or x = ""`.
#
# Seen with Node 20, jsdom 24.1.3 (output below). Ends with 1 when that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund --silent @bpmn-io/form-js-viewer@1.10.1 jsdom@24.1.3
cat >show.cjs <<'JS'
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('<body></body>', { pretendToBeVisual: true });
for (const name of ['HTMLElement', 'Node', 'Event', 'KeyboardEvent', 'DOMParser', 'MutationObserver'])
  globalThis[name] = window[name];
for (const name of ['requestAnimationFrame', 'cancelAnimationFrame']) globalThis[name] = window[name].bind(window);
Object.assign(globalThis, { window, document: window.document, ResizeObserver: class { observe() {} disconnect() {} } });
const { Form } = require('@bpmn-io/form-js-viewer');
const fields = {
  textfield: { type: 'textfield' },
  textarea: { type: 'textarea' },
  number: { type: 'number' },
  select: { type: 'select', values: [{ label: 'A', value: 'a' }] },
  radio: { type: 'radio', values: [{ label: 'A', value: 'a' }] },
};
const expected = {
  textfield: ['x = ""', ''],
  textarea: ['x = ""', ''],
  number: ['x = null', null],
  select: ['x = null', null],
  radio: ['x = null', null],
};
(async () => {
  let same = true;
  for (const [name, field] of Object.entries(fields))
    for (const data of [{}, { x: null }]) {
      const container = document.body.appendChild(document.createElement('div'));
      const form = new Form({ container });
      const told = ['x = null', 'x = ""'].map((rule, number) => ({
        id: `told${number}`, type: 'text', text: rule, conditional: { hide: `=not(${rule})` },
      }));
      const components = [{ id: 'field', key: 'x', label: 'L', ...field }, ...told];
      await form.importSchema({ type: 'default', schemaVersion: 17, components }, data);
      await new Promise((done) => setTimeout(done, 100));
      const shown = [...container.querySelectorAll('.fjs-form-field-text')].map((e) => e.textContent.trim()).join();
      const submitted = form.submit().data.x;
      console.log(`${name} ${JSON.stringify(data)}: holds ${shown}; submitted ${JSON.stringify(submitted)}`);
      same &&= shown === expected[name][0] && submitted === expected[name][1];
    }
  process.exit(same ? 0 : 1);
})();
JS
node show.cjs
