export { publishedJobSchema } from './published-job-schema.js';
export { SchemasModule } from './schemas.module.js';
