export { DefinitionCompiler } from './definition-compiler.js';
export { JOB_COMPONENT } from './dto/job-body.js';
export {
  ErrorResponse,
  OrchestrationJobResponse,
  TemplateOriginResponse,
} from './dto/job-responses.js';
export { JobRerunner, type NodeChange } from './job-rerunner.js';
export { JobReader } from './job-reader.js';
export { JobSubmitter, type SubmitAnswer, type Submitted } from './job-submitter.js';
export { isoTime, showError } from './job-views.js';
export { JobsModule } from './jobs.module.js';
