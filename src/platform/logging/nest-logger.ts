import type { LoggerService } from '@nestjs/common';
import type { ServiceLogger } from './logger.js';

/** Lets Nest speak through the service's logger: its warnings and errors only. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: ServiceLogger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(context(rest), String(message));
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(context(rest), String(message));
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(context(rest), String(message));
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(context(rest), String(message));
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(context(rest), String(message));
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.error(context(rest), String(message));
  }
}

function context(rest: readonly unknown[]): object {
  const details = rest.filter((each) => typeof each === 'string');
  return { source: details.at(-1), ...(details.length > 1 ? { stack: details[0] } : {}) };
}
