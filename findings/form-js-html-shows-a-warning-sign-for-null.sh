#!/bin/sh
# form-js viewer 1.10.1 (the one in Camunda Tasklist 8.6): the same template over the same data reads differently in its
# two components for texts. A variable that is null or missing is nothing in a `text` component, and `{{⚠}}` in an `html`
# component, which a person then reads on the screen. What helps: `{{if x = null then "" else x}}` in html.
#
# Seen with Node 20, jsdom 24.1.3 (blanks made one): text "v:", html "v: {{⚠}}"; guarded, html "v:". Ends with 1 when that changes.
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
const parts = {
  text: { type: 'text', text: 'v: {{x}}' },
  html: { type: 'html', content: '<p>v: {{x}}</p>' },
  guarded: { type: 'html', content: '<p>v: {{if x = null then "" else x}}</p>' },
};
const expected = {
  '{}': { text: 'v:', html: 'v: {{⚠}}', guarded: 'v:' },
  '{"x":null}': { text: 'v:', html: 'v: {{⚠}}', guarded: 'v:' },
  '{"x":"words"}': { text: 'v: words', html: 'v: words', guarded: 'v: words' },
};
(async () => {
  let same = true;
  for (const data of [{}, { x: null }, { x: 'words' }])
    for (const [name, part] of Object.entries(parts)) {
      const container = document.body.appendChild(document.createElement('div'));
      const schema = { type: 'default', schemaVersion: 17, components: [{ id: 'part', ...part }] };
      await new Form({ container }).importSchema(schema, data);
      await new Promise((done) => setTimeout(done, 100));
      const shown = container.querySelector(`.fjs-form-field-${part.type}`).textContent.replace(/\s+/g, ' ').trim();
      console.log(`${JSON.stringify(data)} ${name}: ${JSON.stringify(shown)}`);
      same &&= shown === expected[JSON.stringify(data)][name];
    }
  process.exit(same ? 0 : 1);
})();
JS
node show.cjs
