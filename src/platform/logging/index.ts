export { createLogger, type LoggerOptions, type ServiceLogger } from './logger.js';
export { NestLogger } from './nest-logger.js';
