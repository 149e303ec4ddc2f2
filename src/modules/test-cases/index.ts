export { TestCasesModule } from './test-cases.module.js';
