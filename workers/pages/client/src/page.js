// The partner's page: shows the form, lists what is missing, hands the values to the server as a plain HTML form.
import { createForm } from '@bpmn-io/form-js-viewer';
import { japanese, withoutNulls } from './ja.js';

const $ = (id) => document.getElementById(id);
const texts = (errors) => typeof errors === 'string' ? [errors] : Object.values(errors ?? {}).flatMap(texts); // nested for lists
const { schema, data } = JSON.parse($('form-data').textContent);
const form = await createForm({ container: $('form'), schema, data: withoutNulls(data), additionalModules: [japanese] });

// Each problem of the summary leads to its field: the one that says the same, else the one whose label it names.
const labelOf = (field) => field.querySelector('.fjs-label-content')?.firstChild?.textContent.trim() ?? '';
const rowOf = (field) => field.closest('[role=group][aria-label$=件目]')?.getAttribute('aria-label') ?? '';
function fieldOf(problem) {
  const said = [...document.querySelectorAll('.fjs-form-field-error li')].find((item) => item.textContent === problem);
  if (said) return said.closest('.fjs-form-field');
  return [...document.querySelectorAll('.fjs-form-field')].filter((field) => labelOf(field) && problem.includes(labelOf(field)) && problem.startsWith(rowOf(field)))
    .sort((a, b) => (rowOf(b) + labelOf(b)).length - (rowOf(a) + labelOf(a)).length)[0];
}
function goTo(problem) {
  const field = fieldOf(problem), control = field?.querySelector('input, select, textarea, button');
  (field ?? $('form')).scrollIntoView({ block: 'start' });
  (control ?? field)?.focus({ preventScroll: true }); // what only demands something has no control
}
function link(problem) {
  const item = document.createElement('li'), anchor = Object.assign(document.createElement('a'), { href: '#form', textContent: problem });
  anchor.addEventListener('click', (event) => { event.preventDefault(); goTo(problem); });
  item.append(anchor);
  return item;
}
function show(problems) {
  $('problem-list').replaceChildren(...problems.map(link));
  $('problems').hidden = !problems.length;
  if (problems.length) $('problems').focus(); // the summary is read first; each field carries its own message too
}

// Nothing leaves this page before the server is known to answer: else the browser would show its own error page, and what
// was typed would be gone.
async function reachable() {
  let answers = false;
  try { answers = (await fetch(import.meta.url, { method: 'HEAD', cache: 'no-store' })).ok; } catch { /* away */ }
  $('offline').hidden = answers;
  return answers;
}

function fill(action, values) {
  $('action').value = action;
  $('values').value = JSON.stringify(values);
}

// A draft is not checked: what form-js holds goes as it is.
async function send(action, values) {
  fill(action, values);
  if (!await reachable()) return;
  leaving = true;
  $('answer').submit();
}

// Thirty seconds after the last change the draft is kept, without leaving the page.
let leaving = false, changed = false, keeping;
function typed() { // without the messages that form.submit() would show; emptied lists with it (ja.js, 6)
  const { data: all } = form._getState(), found = form._getSubmitData();
  schema.components.filter((part) => part.type === 'dynamiclist' && Array.isArray(all[part.path])).forEach((part) => { found[part.path] ??= []; });
  return found;
}
async function keep() {
  if (leaving) return;
  fill('keep', typed());
  let kept = false;
  try {
    const answer = await fetch($('answer').action, { method: 'POST', body: new URLSearchParams(new FormData($('answer'))), redirect: 'manual' });
    kept = answer.type === 'opaqueredirect'; // the page that the plain form would go on to
  } catch { /* away */ }
  const now = new Date().toLocaleTimeString('ja-JP', { hour: 'numeric', minute: '2-digit' });
  $('kept-at').textContent = kept ? `${now} に途中までの入力を保存しました。まだ送信されていません。` : 'いまは途中の保存ができません。入力した内容は、この画面に残っています。';
  if (kept) changed = false; else later();
}
const later = () => { clearTimeout(keeping); keeping = setTimeout(keep, 30000); };
form.on('changed', () => { changed = true; later(); });
window.addEventListener('beforeunload', (event) => { if (changed && !leaving) event.preventDefault(); });
$('check').addEventListener('click', () => {
  const { data: values, errors } = form.submit(), problems = [...new Set(texts(errors))];
  show(problems);
  if (!problems.length) send('check', values);
});
$('keep').addEventListener('click', () => send('keep', typed()));

// Files go with what was typed so far; what is too large is told before it is sent.
function wrongFiles() {
  const { files, dataset } = $('file');
  if (!files.length) return ['添付するファイルを選んでください'];
  return [...files].filter((file) => file.size > Number(dataset.largest)).map((file) => `${file.name}: 大きすぎます。1つのファイルは${dataset.largestText}までです`);
}
$('file')?.addEventListener('change', ({ target }) => {
  const chosen = $('chosen'); if (chosen) chosen.textContent = [...target.files].map((file) => file.name).join('、') || 'まだ選んでいません';
});
$('attach')?.addEventListener('submit', async (event) => {
  if (leaving) return;
  event.preventDefault();
  const { submitter } = event, problems = submitter?.name === 'remove' ? [] : wrongFiles();
  show(problems);
  if (problems.length || !await reachable()) return;
  $('attach-values').value = JSON.stringify(typed());
  leaving = true;
  $('attach').requestSubmit(submitter);
});
// Once problems are shown they are looked at again while typing: a message that vanishes only when the field is left moves
// the buttons below from under the pointer.
let again;
$('form').addEventListener('input', () => { clearTimeout(again); again = setTimeout(() => { if (!$('problems').hidden) form.validate(); }, 400); });
$('loading').remove();
document.querySelectorAll('.when-ready').forEach((part) => { part.hidden = false; });
if (!$('problems').hidden) show([...$('problem-list').children].map((item) => item.textContent.trim())); // what the server found
