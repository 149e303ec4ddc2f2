import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { HIDDEN_FIELDS, scrubber } from './scrub.js';

/** Structured logging as JSON lines; the same shape as the port that the engine logs through. */
export interface ServiceLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Texts that must never be written, such as the secret that signs tokens. */
  readonly secrets: readonly string[];
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
}

/** The one logger of the process. Errors go under `err`; no token and no secret gets through. */
export function createLogger(options: LoggerOptions): ServiceLogger {
  const scrub = scrubber(options.secrets);
  const logger: PinoLogger = pino(
    {
      level: options.level,
      base: { service: 'baton' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: HIDDEN_FIELDS, censor: '[hidden]' },
      hooks: { streamWrite: scrub },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}
