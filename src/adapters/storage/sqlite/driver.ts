import { createRequire } from 'node:module';
import type BetterSqlite3 from 'better-sqlite3';

/** The first version of Node whose driver is the current one; see docs/adr/0006. */
const CURRENT_DRIVER_FROM = 22;

/** The package of the driver for the Node that runs: one of two releases of better-sqlite3. */
export const DRIVER_PACKAGE =
  Number(process.versions.node.split('.')[0]) < CURRENT_DRIVER_FROM
    ? 'better-sqlite3-node20'
    : 'better-sqlite3';

export const Database = createRequire(import.meta.url)(DRIVER_PACKAGE) as typeof BetterSqlite3;
