export { BreakersModule } from './breakers.module.js';
