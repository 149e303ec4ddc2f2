import mongoose from 'mongoose';
import { StoreUnavailable } from '../../../ports/store-errors.js';

const { mongo } = mongoose;

export const DUPLICATE_KEY = 11000;

/** What a server says that cannot do now what it could do at another time, or that another could. */
const PASSING_CODES: ReadonlySet<number> = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  50, // MaxTimeMSExpired
  64, // WriteConcernFailed
  89, // NetworkTimeout
  91, // ShutdownInProgress
  100, // UnsatisfiableWriteConcern
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  262, // ExceededTimeLimit
  9001, // SocketException
  10058, // LegacyNotPrimary
  10107, // NotWritablePrimary
  11600, // InterruptedAtShutdown
  11602, // InterruptedDueToReplStateChange
  13388, // StaleConfig
  13435, // NotPrimaryNoSecondaryOk
  13436, // NotPrimaryOrSecondary
  14031, // OutOfDiskSpace
]);

/** Errors of the driver's own that say nothing about the request. */
const PASSING_ERRORS = [
  mongo.MongoNetworkError,
  mongo.MongoServerSelectionError,
  mongo.MongoNotConnectedError,
  mongo.MongoTopologyClosedError,
  mongo.MongoWriteConcernError,
  mongo.MongoExpiredSessionError,
];
const PASSING_NAMES: ReadonlySet<string> = new Set([
  'MongoWaitQueueTimeoutError',
  'MongoClientClosedError',
  'MongoPoolClosedError',
  'MongoPoolClearedError',
  'MongooseServerSelectionError',
]);

/** The error as the ports know it: `StoreUnavailable` for what may go well another time. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof StoreUnavailable || !isPassing(error)) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new StoreUnavailable(
    `MongoDB cannot be used now: ${said}. Check that it runs and can be reached; the call may be repeated.`,
    { cause: error },
  );
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (PASSING_ERRORS.some((type) => error instanceof type)) return true;
  if (PASSING_NAMES.has(error.name)) return true;
  if (!(error instanceof mongo.MongoError)) return false;
  if (error.hasErrorLabel('RetryableWriteError')) return true;
  if (typeof error.code === 'number' && PASSING_CODES.has(error.code)) return true;
  return error instanceof mongo.MongoBulkWriteError && bulkMayPass(error);
}

/** Some operations of a bulk failed for a passing reason, or none is known to be on enough members. */
function bulkMayPass(error: mongoose.mongo.MongoBulkWriteError): boolean {
  if (error.result.getWriteConcernError() !== undefined) return true;
  const failed = writeErrors(error);
  // What a server says has a code. Without one the driver wraps its own error, whose type it drops.
  if (failed.length === 0 && typeof error.code !== 'number') return true;
  return failed.some(({ code }) => PASSING_CODES.has(code));
}

/** Whether the operation failed only because a document with the same key is there. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === DUPLICATE_KEY;
}

/** Two processes may insert the same document at once; the one that comes second updates it then. */
export async function retryRace(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    await write();
  }
}

/**
 * The indexes of the operations of an unordered bulk that met a document with the same key. Throws
 * the error when anything else went wrong, including that the rest is not known to be durable.
 */
export function duplicatesIn(error: unknown): readonly number[] {
  if (!(error instanceof mongo.MongoBulkWriteError)) throw error;
  if (error.result.getWriteConcernError() !== undefined) throw error;
  const failed = writeErrors(error);
  if (failed.length === 0 || failed.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
  return failed.map(({ index }) => index);
}

function writeErrors(
  error: mongoose.mongo.MongoBulkWriteError,
): readonly mongoose.mongo.WriteError[] {
  return [error.writeErrors].flat();
}
