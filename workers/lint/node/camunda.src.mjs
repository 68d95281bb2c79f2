// Camunda's linters, as the Modelers run them. They are written for bundlers, so esbuild makes one module of them.
import { FormLinter } from '@camunda/form-linting';
import { Linter } from '@camunda/linting';

const linter = new Linter({ modeler: 'desktop', type: 'cloud' });

/** Return the reports for a diagram's XML. */
export const lintDiagram = (xml) => linter.lint(xml);

/** Return the reports for a form's JSON. */
export const lintForm = (json) => new FormLinter().lint(json);
