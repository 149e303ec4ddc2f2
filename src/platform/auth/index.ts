export { AuthGuard, checkTokenBeforeBody, CurrentPrincipal, Open } from './auth-guard.js';
export { isAdmin, type Principal, principalOf } from './principal.js';
export { SubmitLimit } from './submit-limit.js';
export { type TokenOptions, type TokenPair, TokenService } from './token-service.js';
