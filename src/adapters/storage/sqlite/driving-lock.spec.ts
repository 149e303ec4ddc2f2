import { DRIVER_PACKAGE } from './driver.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreFolder } from '../../../../test/support/store-folder.js';
import { StoreInUse, lockForDriving } from './driving-lock.js';
import { openSqliteStore } from './sqlite-store.js';

/** Takes the lock as another process would and says so. */
const HOLDER = `
  const Database = require(process.argv[1]);
  new Database(process.argv[2] + '.lock').exec('BEGIN EXCLUSIVE');
  process.stdout.write('held');
  setInterval(() => undefined, 1000);
`;

describe('the driving lock', () => {
  let folder: StoreFolder;
  beforeEach(() => {
    folder = new StoreFolder();
  });
  afterEach(() => folder.remove());

  it('lets one in at a time, and the next when it is released', () => {
    const lock = lockForDriving(folder.database);
    expect(() => lockForDriving(folder.database)).toThrow(StoreInUse);
    expect(() => lockForDriving(folder.database)).toThrow(/DATABASE_URL/);
    lock.release();
    lock.release();
    lockForDriving(folder.database).release();
  });

  it('does not keep readers out', async () => {
    const driver = openSqliteStore({ path: folder.database });
    const lock = lockForDriving(folder.database);
    const reader = openSqliteStore({ path: folder.database, readOnly: true });
    await reader.health();
    expect(await reader.projections.unfinished(undefined, 1)).toEqual([]);
    reader.close();
    driver.close();
    lock.release();
  });

  it('is taken back when its process is killed', async () => {
    const driver = createRequire(import.meta.url).resolve(DRIVER_PACKAGE);
    const holder = spawn(process.execPath, ['-e', HOLDER, driver, folder.database], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(holder, 'exit');
    try {
      await once(holder.stdout, 'data');
      expect(() => lockForDriving(folder.database)).toThrow(StoreInUse);
    } finally {
      holder.kill('SIGKILL');
      await exited;
    }
    lockForDriving(folder.database).release();
  });
});
