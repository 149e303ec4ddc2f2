export { type Config, InvalidConfiguration, readConfig } from './config.js';
export { jwtSecret } from './jwt-secret.js';
export { envExample } from './env-example.js';
