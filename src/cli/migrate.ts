import { existsSync, realpathSync } from 'node:fs';
import { systemClock } from '../adapters/system/system-clock.js';
import { BEATS_A_LEASE } from '../engine/membership.js';
import { migrateStore, verifyStore } from '../migration/migrate-store.js';
import { databaseName, parseDatabaseUrl, type DatabaseLocation } from '../platform/config/index.js';
import { reportAsJson, reportAsTable } from './migrate-report.js';
import { openForMoving, type MovingOptions, type OpenedStore } from './open-for-moving.js';
import { ProgressLine, type Output } from './progress-line.js';

export interface MigrateCommand {
  readonly from: string;
  readonly to: string;
  readonly verifyOnly?: boolean;
  readonly json?: boolean;
  /** Seconds. */
  readonly lease: number;
}

const VERIFIED = 0;
const FAILED = 1;
const WRONG_USAGE = 2;

/** How long a store may be unavailable in the middle of it, in ms. */
const PATIENCE = 60_000;

/** Copies and compares, or only compares; answers the exit code. Throws nothing, prints no password. */
export async function migrate(
  command: MigrateCommand,
  output: Output,
  errors: Output,
): Promise<number> {
  const complain = (message: string): void =>
    void errors.write(`${withoutPasswords(message, command)}\n`);
  let from: DatabaseLocation;
  let to: DatabaseLocation;
  try {
    from = located('--from', command.from);
    to = located('--to', command.to);
    if (identity(from) === identity(to)) {
      throw new Error('--from and --to are the same store. Name another one to copy it to.');
    }
  } catch (error) {
    complain(said(error));
    return WRONG_USAGE;
  }
  const line = new ProgressLine(errors, () => performance.now());
  const began = performance.now();
  const opened: OpenedStore[] = [];
  try {
    const options = {
      lookFor: ((2 * command.lease) / BEATS_A_LEASE + 1) * 1_000,
      onTrouble: (error: unknown) => complain(`tried again: ${said(error)}`),
    };
    const verifyOnly = command.verifyOnly === true;
    const source = await open('source', from, {
      ...options,
      mustExist: true,
      arriving: false,
      giveUpCommands: verifyOnly,
    });
    opened.push(source);
    const target = await open('target', to, {
      ...options,
      mustExist: verifyOnly,
      arriving: true,
      giveUpCommands: true,
    });
    opened.push(target);
    const comparison = await (verifyOnly ? verifyStore : migrateStore)({
      source,
      target,
      clock: systemClock,
      patience: PATIENCE,
      onProgress: (progress) => line.show(progress),
    });
    line.end();
    const seconds = (performance.now() - began) / 1_000;
    const report = { from: databaseName(from), to: databaseName(to), comparison, seconds };
    output.write(`${command.json === true ? reportAsJson(report) : reportAsTable(report)}\n`);
    return comparison.differences.count === 0 ? VERIFIED : FAILED;
  } catch (error) {
    line.end();
    complain(said(error));
    return FAILED;
  } finally {
    for (const store of opened)
      await store.close().catch((error: unknown) => complain(said(error)));
  }
}

function located(option: string, url: string): DatabaseLocation {
  try {
    return parseDatabaseUrl(url);
  } catch (error) {
    throw new Error(`${option} ${said(error)}`, { cause: error });
  }
}

/** The same for two names of one store, where that can be told. */
function identity(location: DatabaseLocation): string {
  if (location.kind === 'mongodb') return databaseName(location).toLowerCase();
  return existsSync(location.path) ? realpathSync(location.path) : location.path;
}

async function open(
  side: string,
  location: DatabaseLocation,
  options: MovingOptions,
): Promise<OpenedStore> {
  try {
    return await openForMoving(location, options);
  } catch (error) {
    throw new Error(`The ${side} ${databaseName(location)}: ${said(error)}`, { cause: error });
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Messages of drivers may quote the URL they were given. */
function withoutPasswords(message: string, { from, to }: MigrateCommand): string {
  let text = message;
  for (const url of [from, to]) {
    const password = /\/\/[^@/:]*:(?<password>[^@/]+)@/.exec(url)?.groups?.['password'];
    if (password === undefined) continue;
    for (const form of [password, decoded(password)]) text = text.replaceAll(form, '***');
  }
  return text;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
