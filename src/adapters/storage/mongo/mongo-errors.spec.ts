import { describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { StoreUnavailable } from '../../../ports/store-errors.js';
import { asStoreError, isDuplicate } from './mongo-errors.js';

const { mongo } = mongoose;

const said = (code: number, codeName: string): Error =>
  new mongo.MongoServerError({ message: codeName, code, codeName });

describe('errors of MongoDB', () => {
  it.each([
    ['a new primary', said(10107, 'NotWritablePrimary')],
    ['an old primary', said(189, 'PrimarySteppedDown')],
    ['a shutdown', said(11600, 'InterruptedAtShutdown')],
    ['a slow command', said(50, 'MaxTimeMSExpired')],
    ['a full disk', said(14031, 'OutOfDiskSpace')],
    ['a lost connection', new mongo.MongoNetworkError('connection 3 closed')],
    ['a silent connection', new mongo.MongoNetworkTimeoutError('timed out')],
    [
      'too few members',
      new mongo.MongoWriteConcernError({
        ok: 1,
        writeConcernError: { code: 64, errmsg: 'timed out' },
      }),
    ],
    ['no client', new mongo.MongoNotConnectedError('client was closed')],
  ])('take %s for an outage', (_what, error) => {
    const translated = asStoreError(error);
    expect(translated).toBeInstanceOf(StoreUnavailable);
    expect((translated as StoreUnavailable).cause).toBe(error);
  });

  it.each([
    ['a duplicate key', said(11000, 'DuplicateKey')],
    ['a wrong command', said(9, 'FailedToParse')],
    ['a missing right', said(13, 'Unauthorized')],
    ['a document too large', said(10334, 'BSONObjectTooLarge')],
    ['a mistake of ours', new TypeError('x is not a function')],
    ['a mistake in a call', new mongo.MongoInvalidArgumentError('must be an array')],
  ])('let %s through as it is', (_what, error) => {
    expect(asStoreError(error)).toBe(error);
  });

  it('know a duplicate key', () => {
    expect(isDuplicate(said(11000, 'DuplicateKey'))).toBe(true);
    expect(isDuplicate(said(9, 'FailedToParse'))).toBe(false);
    expect(isDuplicate(new Error('E11000'))).toBe(false);
  });
});
