import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Database } from './driver.js';
import { StoreFolder } from '../../../../test/support/store-folder.js';
import { SCHEMA_VERSION, SchemaTooNew, migrate, schemaVersion } from './migrations.js';
import { openSqliteStore } from './sqlite-store.js';

describe('migrations', () => {
  let folder: StoreFolder;
  beforeEach(() => {
    folder = new StoreFolder();
  });
  afterEach(() => folder.remove());

  it('bring an empty database up to date, once', () => {
    const db = new Database(folder.database);
    expect(schemaVersion(db)).toBe(0);
    migrate(db);
    migrate(db);
    expect(schemaVersion(db)).toBe(SCHEMA_VERSION);
    db.close();
  });

  it('refuse a database of a newer version and leave it as it is', () => {
    openSqliteStore({ path: folder.database }).close();
    const db = new Database(folder.database);
    db.exec('UPDATE schema_version SET version = 9000');
    for (const readOnly of [false, true]) {
      expect(() => openSqliteStore({ path: folder.database, readOnly })).toThrow(SchemaTooNew);
    }
    expect(() => openSqliteStore({ path: folder.database })).toThrow(/9000/);
    expect(schemaVersion(db)).toBe(9000);
    db.close();
  });

  it('are not run for a reader, which is told what to do', () => {
    new Database(folder.database).close();
    const open = (): unknown => openSqliteStore({ path: folder.database, readOnly: true });
    expect(open).toThrow();
    const db = new Database(folder.database);
    db.exec('CREATE TABLE other (id)');
    expect(open).toThrow(/Start the service/);
    expect(schemaVersion(db)).toBe(0);
    db.close();
  });
});
