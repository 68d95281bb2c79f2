// What Camunda Modeler does with a file: open it, perhaps change it, save it. The tests call these functions in a page.

function place() {
  document.body.innerHTML = '<div id="modeler" style="width: 1400px; height: 900px"></div>';
  return document.getElementById('modeler');
}

/** Return the diagram as saved while each of its planes is open; if it has the task, with it renamed, and moved instead. */
async function saveDiagram({ xml, task }) {
  const modeler = new BpmnModeler({ container: place() });
  const { warnings } = await modeler.importXML(xml);
  const canvas = modeler.get('canvas');
  const saved = [];
  for (const root of canvas.getRootElements()) {
    canvas.setRootElement(root);
    saved.push({ plane: root.id, xml: (await modeler.saveXML({ format: true })).xml });
  }
  const told = { saved, warnings: warnings.map(({ message }) => message) };
  const shape = modeler.get('elementRegistry').get(task);
  if (shape) {
    const modeling = modeler.get('modeling');
    const { name } = shape.businessObject;
    canvas.setRootElement(canvas.findRoot(shape));
    modeling.updateProperties(shape, { name: '名前を変えた' });
    told.renamed = (await modeler.saveXML({ format: true })).xml;
    modeling.updateProperties(shape, { name });
    modeling.moveElements([shape], { x: 0, y: 20 });
    told.moved = (await modeler.saveXML({ format: true })).xml;
  }
  modeler.destroy();
  return told;
}

/** Return the decision as saved while each of its views is open. */
async function saveDecision(xml) {
  const modeler = new DmnModeler({ container: place() });
  await modeler.importXML(xml);
  const saved = [];
  for (const view of modeler.getViews()) {
    await modeler.open(view);
    saved.push((await modeler.saveXML({ format: true })).xml);
  }
  modeler.destroy();
  return saved;
}

/** Return the form as saved, and as saved after a field was added at its end; with the version of the file's schema. */
async function saveForm(json) {
  const schema = JSON.parse(json);
  const editor = new FormEditor.FormEditor({ container: place() });
  await editor.importSchema(schema);
  const save = () => JSON.stringify({ ...editor.saveSchema(), schemaVersion: schema.schemaVersion }, null, 2);
  const plain = save();
  const parent = editor.get('formFieldRegistry').get(schema.id);
  const field = { type: 'textfield', id: 'Field_added', key: 'added', label: '足した項目' };
  editor.get('modeling').addFormField(field, parent, parent.components.length);
  const added = save();
  editor.destroy();
  return { plain, added };
}
