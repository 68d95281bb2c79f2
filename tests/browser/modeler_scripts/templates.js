// What Camunda Modeler does with element templates: load them, take one from the chooser, bring a task up to a newer one.

/** Return a modeler with templates, the diagram open in it, and what its library says against them. */
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
 * Return what happens to a diagram whose templates are loaded: `told` by the library; `states` of the tasks that are
 * not as Modeler wants them; the diagram saved as it is, after every task was renamed to its own name, and after every
 * task was given its template once more, in a next version.
 */
async function checkTemplates({ xml, templates }) {
  const { modeler, told } = await withTemplates({ xml, templates });
  const elementTemplates = modeler.get('elementTemplates');
  const modeling = modeler.get('modeling');
  const tasks = modeler.get('elementRegistry').filter(({ businessObject, type }) => type !== 'label' && businessObject?.get?.('zeebe:modelerTemplate'));
  const states = tasks.flatMap((task) => {
    const used = elementTemplates.get(task);
    const latest = elementTemplates.getLatest(elementTemplates._getTemplateId(task))?.[0];
    return used && latest && used.version === latest.version ? [] : [task.id];
  });
  const plain = await save(modeler);
  const renamed = {};
  for (const task of tasks) {
    const { name } = task.businessObject;
    modeling.updateProperties(task, { name: `${name}！` });
    modeling.updateProperties(task, { name });
  }
  const touched = await save(modeler);
  for (const task of tasks) {
    const template = elementTemplates.get(task);
    if (template) elementTemplates.applyTemplate(task, { ...template, version: template.version + 1 });
  }
  const raised = await save(modeler);
  modeler.destroy();
  return { told, states, plain, touched, raised, tasks: tasks.length };
}
