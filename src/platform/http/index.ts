export { type Correlation, correlationOf, pathOf } from './correlation.js';
export { KnownRoutes } from './known-routes.js';
export { rawBodyOf } from './json-body.js';
