export { DefinitionCompiler } from './definition-compiler.js';
export { JOB_COMPONENT } from './dto/job-body.js';
export { OrchestrationJobResponse } from './dto/job-responses.js';
export { JobSubmitter, type SubmitAnswer, type Submitted } from './job-submitter.js';
export { JobsModule } from './jobs.module.js';
