// What bpmn-js does with a diagram between opening and saving, without a screen. esbuild bundles it (modelers.src.mjs).
import AlignToOrigin from '@bpmn-io/align-to-origin/lib/align-to-origin.js';
import executableFix from 'bpmn-js-executable-fix';
import BpmnDiOrdering from 'bpmn-js/lib/features/di-ordering/BpmnDiOrdering.js';
import SubprocessCompatibility from 'bpmn-js/lib/features/drilldown/SubprocessCompatibility.js';
import BpmnFactory from 'bpmn-js/lib/features/modeling/BpmnFactory.js';
import ElementFactory from 'bpmn-js/lib/features/modeling/ElementFactory.js';
import BpmnImporter from 'bpmn-js/lib/import/BpmnImporter.js';
import { importBpmnDiagram } from 'bpmn-js/lib/import/Importer.js';
import { isPlane } from 'bpmn-js/lib/util/DrilldownUtil.js';
import { getLabel, isLabelExternal } from 'bpmn-js/lib/util/LabelUtil.js';
import EventBus from 'diagram-js/lib/core/EventBus.js';
import { SPACING } from 'diagram-js/lib/features/grid-snapping/GridUtil.js';
import { add } from 'diagram-js/lib/util/Collections.js';
import { getBBox, selfAndAllChildren } from 'diagram-js/lib/util/Elements.js';

/** The tree of what is drawn, one root a plane; stands in for diagram-js's canvas and its element registry. */
class Canvas {
  constructor(eventBus) {
    this.eventBus = eventBus;
    this.roots = [];
    this.elements = new Map();
  }

  get(id) {
    return this.elements.get(id);
  }

  getRootElements() {
    return this.roots;
  }

  getRootElement() {
    return this.root;
  }

  setRootElement(root) {
    this.root = root;
  }

  findRoot(found) {
    const element = typeof found === 'string' ? this.get(found) : found;
    return element?.parent ? this.findRoot(element.parent) : element;
  }

  addRootElement(root) {
    this.roots.push(root);
    this.#added('root', root);
  }

  addShape(shape, parent, index) {
    return this.#draw('shape', shape, parent, index);
  }

  addConnection(connection, parent, index) {
    return this.#draw('connection', connection, parent, index);
  }

  viewbox() {
    return { inner: getBBox(selfAndAllChildren([this.root]).filter((element) => element !== this.root)) };
  }

  #draw(type, element, parent, index) {
    add(parent.children, element, index);
    element.parent = parent;
    return this.#added(type, element);
  }

  #added(type, element) {
    this.elements.set(element.id, element);
    this.eventBus.fire(`${type}.added`, { element });
    return element;
  }
}

/** Labels stay as large as the file says: nothing measures text here, and opening a diagram writes no label. */
const LABELS = {
  getDimensions: (text, { box }) => box,
  getExternalLabelBounds: (bounds) => bounds,
  getExternalStyle: () => ({}),
};

/** Order and place the diagrams of BPMN definitions as saving in Modeler does; returns what would get lost (messages). */
export async function settle(moddle, definitions) {
  const eventBus = new EventBus();
  const canvas = new Canvas(eventBus);
  const bpmnFactory = new BpmnFactory(moddle);
  const bpmnImporter = new BpmnImporter(eventBus, canvas, new ElementFactory(bpmnFactory, moddle), canvas, LABELS);
  const parts = { bpmnImporter, canvas, eventBus };
  new SubprocessCompatibility(eventBus, moddle);
  new BpmnDiOrdering(eventBus, canvas);
  executableFix.__init__.forEach((start) => start(eventBus));
  const { warnings } = await importBpmnDiagram({ get: (name) => parts[name] }, definitions);
  const before = drawnIn(definitions);
  eventBus.fire('saveXML.start', { definitions });
  const after = new Set(drawnIn(definitions));
  giveLabels(canvas, bpmnFactory);
  alignAll(canvas, eventBus);
  const lost = before.filter((di) => !after.has(di)).map((di) => `no place for ${di.id}`);
  return [...warnings.map(({ message }) => message), ...lost];
}

function drawnIn(definitions) {
  return definitions.diagrams.flatMap(({ plane }) => plane?.get('planeElement') ?? []);
}

/** Say of every name inside its shape that it is drawn, which Modeler adds when the name is changed. */
function giveLabels(canvas, bpmnFactory) {
  for (const element of canvas.elements.values()) {
    if (getLabel(element) && !element.di.get('label') && !isLabelExternal(element) && !isPlane(element)) {
      element.di.set('label', bpmnFactory.create('bpmndi:BPMNLabel'));
    }
  }
}

/** Move every plane to the origin as Modeler would if it were saved while that plane is open. */
function alignAll(canvas, eventBus) {
  const commandStack = { register() {}, execute: (name, { delta }) => move(canvas.getRootElement(), delta) };
  const injector = { get: () => ({ getGridSpacing: () => SPACING }) };
  const origin = new AlignToOrigin({ alignOnSave: false }, injector, eventBus, commandStack, canvas, null);
  for (const root of canvas.getRootElements()) {
    canvas.setRootElement(root);
    origin.align();
  }
}

function move(root, delta) {
  for (const di of root.di.get('planeElement')) {
    for (const point of [di.bounds, di.label?.bounds, ...(di.waypoint ?? [])].filter(Boolean)) {
      point.x += delta.x;
      point.y += delta.y;
    }
  }
}
