export { JOB_COMPONENT } from './dto/job-body.js';
export { JobsModule } from './jobs.module.js';
