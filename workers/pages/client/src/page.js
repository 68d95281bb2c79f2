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
  control?.focus({ preventScroll: true });
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

// A draft is not checked: what form-js holds goes as it is.
function send(action, values) {
  $('action').value = action;
  $('values').value = JSON.stringify(values);
  leaving = true;
  $('answer').submit();
}

let leaving = false, changed = false;
form.on('changed', () => { changed = true; });
window.addEventListener('beforeunload', (event) => { if (changed && !leaving) event.preventDefault(); });
$('check').addEventListener('click', () => {
  const { data: values, errors } = form.submit(), problems = [...new Set(texts(errors))];
  show(problems);
  if (!problems.length) send('check', values);
});
$('keep').addEventListener('click', () => send('keep', form.submit().data));
// Once problems are shown they are looked at again while typing: a message that vanishes only when the field is left moves
// the buttons below from under the pointer.
let again;
$('form').addEventListener('input', () => { clearTimeout(again); again = setTimeout(() => { if (!$('problems').hidden) form.validate(); }, 400); });
$('loading').remove();
document.querySelectorAll('.when-ready').forEach((part) => { part.hidden = false; });
if (!$('problems').hidden) show([...$('problem-list').children].map((item) => item.textContent.trim())); // what the server found
