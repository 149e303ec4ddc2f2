export { type Correlation, correlationOf, pathOf, readCorrelation } from './correlation.js';
export { BodyOptional, rawBodyOf } from './json-body.js';
export type { KnownRoutes } from './known-routes.js';
export { prepareHttp } from './prepare-http.js';
export { parseInPieces } from './parse-json.js';
export { WholeNumber } from './whole-number.js';
