import { StoreUnavailable } from '../../../ports/store-errors.js';

/** What goes wrong for a while and may go well later. */
const PASSING = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL|INTERRUPT)(_|$)/;

/**
 * The driver's code of an error, such as `SQLITE_BUSY`. Errors are told by it and not by their class:
 * the driver's native part keeps the class of whoever loaded it first in the process.
 */
export function sqliteCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : undefined;
}

/** What a caller of a port gets to see for what the driver threw. */
export function asStoreError(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === undefined || !PASSING.test(code)) return error;
  return new StoreUnavailable(
    `The database cannot be used now (${code}: ${(error as Error).message}). ` +
      'See that its disk has room, is writable, and that no other program holds a lock on it.',
    { cause: error },
  );
}
