export { TemplateReader } from './template-reader.js';
export { TemplateRunner } from './template-runner.js';
export { RunTemplateRequest } from './templates.dto.js';
export { TemplatesModule } from './templates.module.js';
