export { type Config, InvalidConfiguration, readConfig } from './config.js';
export { jwtSecret } from './jwt-secret.js';
export { envExample } from './env-example.js';
export { databaseName, parseDatabaseUrl, type DatabaseLocation } from './database-url.js';
export { BadSetting } from './setting.js';
