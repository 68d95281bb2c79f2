// What Camunda Modeler does with element templates: load them, take one from the chooser, bring a task up to a newer one.

/** Return a modeler with templates and the diagram open in it, and what its library says against them. */
async function withTemplates({ xml, templates }) {
  const modeler = new BpmnModeler({ container: place(), propertiesPanel: { parent: panel() } });
  const told = [];
  modeler.on('elementTemplates.errors', ({ errors }) => told.push(...errors.map(({ message }) => message)));
  modeler.on('elementTemplates.warnings', ({ warnings }) => told.push(...warnings.map(({ message }) => message)));
  modeler.get('elementTemplatesLoader').setTemplates(templates);
  const { warnings } = await modeler.importXML(xml);
  return { modeler, told: [...told, ...warnings.map(({ message }) => message)] };
}

function panel() {
  const parent = document.createElement('div');
  parent.id = 'panel';
  document.body.append(parent);
  return parent;
}

const save = async (modeler) => (await modeler.saveXML({ format: true })).xml;

/**
 * Return what happens to a diagram whose templates are loaded: `told` by the library; the `tasks` with a template, and
 * those that Modeler would offer an update or say of that their template is `missing`; the diagram saved `plain`, saved
 * after every task had another name for a moment (`touched`), and after its template came in a next version (`raised`).
 */
async function checkTemplates({ xml, templates }) {
  const { modeler, told } = await withTemplates({ xml, templates });
  const elementTemplates = modeler.get('elementTemplates');
  const modeling = modeler.get('modeling');
  const bears = ({ businessObject, type }) => type !== 'label' && businessObject?.get?.('zeebe:modelerTemplate');
  const tasks = modeler.get('elementRegistry').filter(bears);
  const latest = (task) => elementTemplates.getLatest(bears(task))?.[0];
  const missing = tasks.filter((task) => !elementTemplates.get(task) || elementTemplates.get(task) !== latest(task));
  const plain = await save(modeler);
  for (const task of tasks) {
    const { name } = task.businessObject;
    modeling.updateProperties(task, { name: `${name}！` });
    modeling.updateProperties(task, { name });
  }
  const touched = await save(modeler);
  for (const task of tasks.filter((one) => elementTemplates.get(one))) {
    const template = elementTemplates.get(task);
    elementTemplates.applyTemplate(task, { ...template, version: template.version + 1 });
  }
  const raised = await save(modeler);
  modeler.destroy();
  return { told, tasks: tasks.map(({ id }) => id), missing: missing.map(({ id }) => id), plain, touched, raised };
}
