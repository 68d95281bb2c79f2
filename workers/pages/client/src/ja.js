// One form-js module (for `additionalModules`) that makes @bpmn-io/form-js-viewer 2.0.0 Japanese and cures its traps:
// docs/decisions/partners-page.md says which.
import { h, cloneElement, Fragment } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Checklist, Datetime, Description, Errors, Form, Html, Label, Numberfield, Radio, RepeatRenderManager, Select, Text,
  useExpressionEvaluation, useTemplateEvaluation } from '@bpmn-io/form-js-viewer';
import { parseDate, parseNumber, parseTime, toWareki } from './wareki.js';
import { WORDS } from './words.js';

// 1. Words: the `translate` service (new in 2.0.0). Unknown placeholders stay, so that the validator can fill {label}.
export const translate = (text, values = {}) => (WORDS[text] ?? text).replace(/{([^}]+)}/g, (all, key) => values[key] ?? all);

// A label may hold expressions: problems and readers of the screen are told what it says, not how it is made.
const written = (form, label, data) => form.get('templating').isTemplate(label) ? form.get('templating').evaluate(label, data) : label;
const isDemand = (field) => field.properties?.['renkei:kind'] === 'demand';

// 2. Validation: the `validator` service. Its class is not exported, so it is taken from a form.
const NO_DATE = 'は「令和8年4月1日」「2026-04-01」のように、時刻は「13:30」のように入力してください';
class JapaneseValidator extends new Form().get('validator').constructor {
  validateFieldInstance(instance, value) {
    const field = this._formFieldRegistry.get(instance.id);
    if (!field) return [];
    const { data, ...local } = instance.expressionContextInfo ?? {};
    const said = (label) => written(this._form, label, { ...local, ...data }), label = said(field.label || field.dateLabel || field.timeLabel || '');
    const row = Object.entries(instance.indexes ?? {}).map(([id, i]) => `${said(this._formFieldRegistry.get(id).label)} ${i + 1}件目の`).join('');
    if (isDemand(field)) return field.validate?.required ? [row ? `${row.slice(0, -1)} ${label}` : label] : []; // its label is the whole problem
    if (typeof value === 'string' && value.trim() === '') value = ''; // trim() also removes U+3000: blanks are no answer
    if (value && field.type === 'number' && typeof value !== 'number') return [`${row}「${label}」は数字で入力してください`];
    if (value && field.type === 'datetime' && !/^(\d{4}-\d\d-\d\d)?T?(\d\d:\d\d.*)?$/.test(value)) return [`${row}「${label}」${NO_DATE}`];
    const verb = ['radio', 'select', 'checklist', 'taglist', 'checkbox'].includes(field.type) ? '選んで' : '入力して';
    const [hint, expression] = String(field.validate?.pattern ?? '').split('|^'), asked = expression ? hint : '決められた形で入力'; // the packs write the hint before the pattern
    return super.validateFieldInstance(instance, value).map((text) => row + text.replace('{label}', label).replace('{verb}', verb).replace('{pattern}', asked));
  }
}

// 3. Text components show words from the data as typed: every ASCII sign is escaped for Markdown, also "{" and "=" (a typed
//    "{{x}}" would be evaluated in the second step), and line ends stay.
const LITERAL = { debug: true, sanitizer: (value) => String(value).replace(/[!-\/:-@[-`{-~]/g, '\\$&').replace(/\r?\n/g, '\\\n') };
const LiteralText = (props) => { // how a typed day is read (kind: reading) is said while it is typed
  const text = h(Text, { ...props, field: { ...props.field, text: useTemplateEvaluation(props.field.text ?? '', LITERAL) } });
  return props.field.properties?.['renkei:kind'] === 'reading' ? h('div', { class: 'ja-reading', 'aria-live': 'polite' }, text) : text; };
LiteralText.config = Text.config;
// The page's style is its own: a style written into a form's HTML, which the policy of the page refuses, is left out.
const PlainHtml = (props) => h(Html, { ...props, field: { ...props.field, content: (props.field.content ?? '').replace(/\sstyle\s*=\s*("[^"]*"|'[^']*')/gi, '') } });
PlainHtml.config = Html.config;

// 4. Fields of our own: plain controls, with aria-invalid, and aria-describedby only for parts that exist.
function Frame({ props, label, forId = props.domId, hint, children }) {
  const { domId, errors = [], field } = props;
  return h('div', { class: `fjs-form-field fjs-form-field-${field.type}${errors.length ? ' fjs-has-errors' : ''}` },
    h(Label, { htmlFor: forId, label, required: field.validate?.required }), children,
    hint && h('div', { class: 'ja-hint', id: `${domId}-hint`, 'aria-live': 'polite' }, hint),
    h(Description, { id: `${domId}-description`, description: field.description }), h(Errors, { id: `${domId}-error-message`, errors }));
}
const control = ({ domId, errors = [], field, disabled, readonly, onBlur, onFocus }, hint) => ({ class: 'fjs-input', id: domId, disabled,
  readOnly: readonly, onBlur: () => onBlur?.(), onFocus: () => onFocus?.(), 'aria-invalid': errors.length > 0, 'aria-required': !!field.validate?.required,
  'aria-describedby': [hint && 'hint', field.description && 'description', errors.length && 'error-message'].filter(Boolean).map((part) => `${domId}-${part}`).join(' ') || undefined });
function useTyped(value, show, read) { // keeps the typed text until the value is changed from outside
  const [typed, setTyped] = useState(() => show(value));
  useEffect(() => { if (read(typed) !== (value ?? null)) setTyped(show(value)); }, [value]);
  return [typed, setTyped];
}

function DateField(props) { // date, time, datetime: submits ISO; what is no date stays in the data and is reported
  const { field, value, onChange } = props, parts = { date: ['date'], time: ['time'], datetime: ['date', 'time'] }[field.subtype];
  const zone = field.timeSerializingFormat === 'no_timezone' ? '' : '+09:00'; // Japan has one zone and no summer time
  const show = (iso) => { const [date = '', time = ''] = field.subtype === 'time' ? ['', iso ?? ''] : (iso ?? '').split('T');
    return { date: parseDate(date) ? toWareki(date, false) : date, time: time.slice(0, 5) }; };
  const read = (typed) => { const date = parseDate(typed.date), time = parseTime(typed.time);
    if (parts.every((part) => typed[part].trim() === '')) return null;
    if (field.subtype === 'date') return date ?? typed.date;
    if (field.subtype === 'time') return time ? time + zone : typed.time;
    return date && time ? `${date}T${time}${zone}` : `${typed.date} ${typed.time}`; };
  const [typed, setTyped] = useTyped(value, show, read), date = parseDate(typed.date), hint = date && toWareki(date);
  const onInput = (part) => ({ target }) => { const next = { ...typed, [part]: target.value }; setTyped(next); onChange({ value: read(next) }); };
  return h(Frame, { props, hint, forId: `${props.domId}-${parts[0]}`, label: field.dateLabel || field.timeLabel }, h('div', { class: 'ja-row' },
    parts.map((part) => h('input', { ...control(props, hint), key: part, id: `${props.domId}-${part}`, type: 'text', autoComplete: 'off', value: typed[part],
      'aria-label': part === 'time' ? field.timeLabel || '時刻' : undefined, placeholder: part === 'date' ? '例: 令和8年4月1日' : '例: 13:30', onInput: onInput(part) }))));
}
DateField.config = Datetime.config;

function NumberField(props) {
  const [typed, setTyped] = useTyped(props.value, (value) => String(value ?? ''), parseNumber);
  return h(Frame, { props, label: props.field.label }, h('input', { ...control(props), type: 'text', inputMode: 'decimal', value: typed,
    onInput: ({ target }) => { setTyped(target.value); props.onChange({ value: parseNumber(target.value) }); } }));
}
NumberField.config = Numberfield.config;

function SelectField(props) { // a native <select> instead of form-js's list of <div>s, which has no role and says "Select"
  const { field, value, onChange } = props, found = useExpressionEvaluation(field.valuesExpression ?? '');
  const options = field.valuesExpression ? (Array.isArray(found) ? found : []) : field.values ?? []; // {label, value} as in the packs
  const index = options.findIndex((option) => option.value === value);
  useEffect(() => { if (index < 0 && value != null) onChange({ value: null }); }, [index, value]); // a value that is no option, as form-js does
  return h(Frame, { props, label: field.label }, h('select', { ...control(props), value: String(index), disabled: props.disabled || props.readonly,
    onChange: ({ target }) => onChange({ value: options[target.value]?.value ?? null }) },
  h('option', { value: '-1' }, '選んでください'), options.map((option, i) => h('option', { key: i, value: String(i) }, option.label))));
}
SelectField.config = Select.config;

const grouped = (Field, role) => Object.assign((props) => { // the heading of form-js's choices is a label of nothing
  const label = useTemplateEvaluation(props.field.label ?? '');
  return isDemand(props.field) ? h(Demand, props) : h('div', { role, 'aria-label': label }, h(Field, props)); }, { config: Field.config });
const Demand = (props) => // says what is missing beside it, once: nothing can be chosen
  h('div', { class: `fjs-form-field fjs-form-field-radio${props.errors?.length ? ' fjs-has-errors' : ''}`, tabIndex: -1 },
    props.errors?.length ? h(Errors, { id: `${props.domId}-error-message`, errors: props.errors }) : h('p', { class: 'ja-demand' }, useTemplateEvaluation(props.field.label ?? '')));

class Fields { constructor(formFields) {
  Object.entries({ text: LiteralText, html: PlainHtml, datetime: DateField, number: NumberField, select: SelectField, radio: grouped(Radio, 'radiogroup'),
    checklist: grouped(Checklist, 'group') }).forEach(([type, field]) => formFields.register(type, field)); } }
Fields.$inject = ['formFields'];

// 5. Rows of a list: "Remove list item 2" does not pass `translate`, so the row's heading and button are drawn here.
class JapaneseRows extends RepeatRenderManager { Repeater(props) {
  const label = useTemplateEvaluation(props.field.label ?? '');
  return h(Fragment, null, super.Repeater(props).props.children.map((row, index) => {
    const inner = row.props.children, { showRemove, onDeleteItem } = inner.props, name = `${label} ${index + 1}件目`;
    return cloneElement(row, { role: 'group', 'aria-label': name }, h('div', { class: 'ja-row-head' }, `${index + 1}件目`,
      showRemove && h('button', { type: 'button', class: 'ja-remove', disabled: props.disabled || props.readonly, 'aria-label': `${name}を削除する`,
        onClick: () => onDeleteItem(index) }, '削除する')), cloneElement(inner, { showRemove: false })); }));
} }

// 6. form-js leaves an emptied list out of its result, so that the earlier rows would stay: add [] for each shown list.
class EmptyLists { constructor(eventBus, form, conditionChecker) {
  const fill = (components, from, to) => components.filter((c) => c.type === 'dynamiclist' && Array.isArray(from?.[c.path])).forEach((c) => {
    to[c.path] ??= [];
    from[c.path].forEach((row, i) => fill(c.components, row, to[c.path][i] ??= {})); });
  eventBus.on('submit', 2000, (event) => { const { data, schema } = form._getState(); fill(schema.components, conditionChecker.applyConditions(data, data), event.data); });
} }
EmptyLists.$inject = ['eventBus', 'form', 'conditionChecker'];

export const japanese = { __init__: ['japaneseFields', 'emptyLists'], translate: ['value', translate], validator: ['type', JapaneseValidator],
  repeatRenderManager: ['type', JapaneseRows], japaneseFields: ['type', Fields], emptyLists: ['type', EmptyLists] };

/** Variables that are null would suppress `defaultValue`: leave them out before the import. */
export const withoutNulls = (value) => Array.isArray(value) ? value.map(withoutNulls) : value && typeof value === 'object'
  ? Object.fromEntries(Object.entries(value).filter(([, v]) => v !== null).map(([k, v]) => [k, withoutNulls(v)])) : value;
