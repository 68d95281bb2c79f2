// A process owner at work in Modeler: one diagram stays open in `owner` while the test clicks in its chooser and panel.

let owner;

/** Open a diagram on the plane of one of its elements, two thirds of its size, with the panel beside it. */
async function openForOwner({ xml, templates, element }) {
  const { modeler, told } = await withTemplates({ xml, templates });
  owner = modeler;
  document.body.style.margin = 0;
  document.getElementById('modeler').style.cssText = 'position: absolute; left: 0; top: 0; width: 1100px; height: 900px';
  document.getElementById('panel').style.cssText =
    'position: absolute; left: 1100px; top: 0; width: 400px; height: 900px; overflow: auto; border-left: 1px solid #ccc';
  const canvas = owner.get('canvas');
  canvas.setRootElement(canvas.findRoot(at(element)));
  canvas.resized();
  canvas.viewbox({ x: 0, y: 0, width: 1650, height: 1350 });
  return told;
}

const at = (id) => owner.get('elementRegistry').get(id);

/** Give the selected element an id and a name, as the panel's first group does. */
function call({ id, name }) {
  const [shape] = owner.get('selection').get();
  owner.get('modeling').updateProperties(shape, { id, name });
  return shape.businessObject.get('zeebe:modelerTemplate');
}

const rename = ({ id, name }) => owner.get('modeling').updateProperties(at(id), { name });
const move = ({ id, x, y }) => owner.get('modeling').moveElements([at(id)], { x, y });

/** Put what an error event catches at another task of the same kind, and lead it where the first one leads. */
function catchLike({ event, host, id, drop }) {
  const [like, task] = [at(event), at(host)];
  const { businessObject } = like;
  const create = owner.get('elementFactory');
  const shape = create.createShape({ type: 'bpmn:BoundaryEvent', eventDefinitionType: 'bpmn:ErrorEventDefinition' });
  const modeling = owner.get('modeling');
  const made = modeling.createShape(shape, { x: task.x + 75, y: task.y + task.height }, task, { attach: true });
  modeling.updateProperties(made, { id, name: businessObject.name });
  const [definition] = made.businessObject.eventDefinitions;
  modeling.updateModdleProperties(made, definition, { errorRef: businessObject.eventDefinitions[0].errorRef });
  const target = like.outgoing[0].target;
  const flow = modeling.connect(made, target);
  const [x, y, to] = [made.x + 18, made.y + 36, target.x + target.width / 2];
  modeling.updateWaypoints(flow, [{ x, y }, { x, y: drop }, { x: to, y: drop }, { x: to, y: target.y + target.height }]);
}

/** Take something out of a task or an event, as the panel's group of outputs does. */
function takeOut({ id, source, target }) {
  const factory = owner.get('bpmnFactory');
  const modeling = owner.get('modeling');
  const shape = at(id);
  if (!shape.businessObject.extensionElements) {
    modeling.updateProperties(shape, { extensionElements: factory.create('bpmn:ExtensionElements', { values: [] }) });
  }
  const extension = shape.businessObject.extensionElements;
  let mapping = extension.values.find(({ $type }) => $type === 'zeebe:IoMapping');
  if (!mapping) {
    mapping = factory.create('zeebe:IoMapping');
    mapping.$parent = extension;
    modeling.updateModdleProperties(shape, extension, { values: [...extension.values, mapping] });
  }
  const output = factory.create('zeebe:Output', { source, target });
  output.$parent = mapping;
  modeling.updateModdleProperties(shape, mapping, { outputParameters: [...mapping.get('outputParameters'), output] });
}

const saveOwners = () => save(owner);
