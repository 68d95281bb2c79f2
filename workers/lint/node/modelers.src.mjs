// Files as Camunda Modeler writes them. bpmn-js and form-js are written for bundlers, so esbuild makes one module of them.
import './nodom.mjs';

import {
  clone,
  FieldFactory,
  FormFieldRegistry,
  FormFields,
  FormLayouter,
  Importer,
  PathRegistry,
} from '@bpmn-io/form-js-viewer';
import { BpmnModdle } from 'bpmn-moddle';
import EventBus from 'diagram-js/lib/core/EventBus.js';
import { DmnModdle } from 'dmn-moddle';
import dmnModeler from 'modeler-moddle/resources/dmn-modeler.json';
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json';
import dmnZeebe from 'zeebe-dmn-moddle/resources/zeebe.json';

import { settle } from './headless.mjs';

const INTERNAL = ['_parent', '_path'];

/** Return {text, problems} of a diagram's XML; with problems, something of it would not outlive saving. */
export async function formatDiagram(xml) {
  const moddle = new BpmnModdle({ zeebe });
  const { rootElement, warnings } = await moddle.fromXML(xml);
  const lost = await settle(moddle, rootElement);
  return written(moddle, rootElement, [...warnings.map(message), ...lost]);
}

/** Return {text, problems} of a decision's XML. */
export async function formatDecision(xml) {
  const moddle = new DmnModdle({ modeler: dmnModeler, zeebe: dmnZeebe });
  const { rootElement, warnings } = await moddle.fromXML(xml);
  return written(moddle, rootElement, warnings.map(message));
}

/** Return {text, problems} of a form's JSON. */
export function formatForm(json) {
  const schema = JSON.parse(json);
  giveRows(schema);
  const [text, again] = [imported(schema), imported(schema)];
  return { text, problems: text === again ? [] : ['a component without id or key'] };
}

function message(warning) {
  return warning.message.replace(/\s+/g, ' ');
}

async function written(moddle, root, problems) {
  const { xml } = await moddle.toXML(root, { format: true });
  return { text: xml, problems };
}

/** The row of every component, which Modeler adds to all of them, by chance, when one is added or moved. */
function giveRows({ components = [] }) {
  for (const component of components) {
    component.layout = { ...component.layout, row: component.layout?.row ?? `Row_${component.id}` };
    giveRows(component);
  }
}

function imported(schema) {
  const registry = new FormFieldRegistry(new EventBus());
  const fields = new FormFields();
  const paths = new PathRegistry(registry, fields, null);
  const factory = new FieldFactory(registry, paths, fields);
  const importer = new Importer(registry, paths, factory, new FormLayouter(new EventBus()));
  const withoutInternals = clone(importer.importSchema(schema).schema, (name, value) => (INTERNAL.includes(name) ? undefined : value));
  return JSON.stringify(withoutInternals, null, 2);
}
