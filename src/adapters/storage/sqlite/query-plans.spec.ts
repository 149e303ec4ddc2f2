import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Database } from './driver.js';
import { StoreFolder } from '../../../../test/support/store-folder.js';
import { openSqliteStore } from './sqlite-store.js';

describe('query plans', () => {
  let folder: StoreFolder;
  beforeEach(() => {
    folder = new StoreFolder();
  });
  afterEach(() => folder.remove());

  it('scan no table and sort nothing, in any statement', () => {
    const store = openSqliteStore({ path: folder.database });
    const statements = [...new Set(store.connection.statements)];
    store.close();
    expect(statements.length).toBeGreaterThan(30);
    const db = new Database(folder.database);
    const slow = statements.flatMap((sql) => {
      const parameters = Array<number>(sql.split('?').length - 1).fill(1);
      return db
        .prepare<number[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...parameters)
        .filter(({ detail }) => /^SCAN(?! CONSTANT)|TEMP B-TREE/.test(detail))
        .map(({ detail }) => `${detail}: ${sql}`);
    });
    db.close();
    expect(slow).toEqual([]);
  });
});
