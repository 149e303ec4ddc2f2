export { ResultCacheModule } from './result-cache.module.js';
