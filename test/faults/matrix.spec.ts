import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findMongod, startDurableMongo } from '../support/mongo/durable-mongo.js';
import type { MongoServer } from '../support/mongo/mongo-server.js';
import { withMongo } from '../support/mongo/with-mongo.js';
import { CELLS, cellName } from './matrix/matrix.js';
import { runCell, type Cell } from './matrix/run-cell.js';
import { seededRandom } from './matrix/seeded-random.js';
import {
  quotedResults,
  quotedServer,
  quotedTables,
  quoteTables,
  renderTables,
  type Result,
} from './matrix/table.js';
import { buildOnce } from './matrix/world.js';

const LONG = process.env['FAULTS_FORM'] === 'long';
const OUTAGE_MS = LONG ? 30_000 : 3_000;
const CELL_LIMIT_MS = 240_000;
const seed = process.env['SEED'] ?? String(Date.now() % 1e6);
const build = buildOnce();
const mongod = await findMongod();
const results = new Map<string, Result>();
let mongo = 'none';

if ('missing' in mongod) {
  process.stderr.write(`\nLEFT OUT  kill -9 of the database: ${mongod.missing}\n\n`);
}

/** On a server of its own where the fault kills it. */
async function onItsServer(
  { fault }: Cell,
  server: MongoServer | undefined,
  run: (server: MongoServer | undefined) => Promise<void>,
): Promise<void> {
  if (fault.killsDatabase !== true || 'missing' in mongod) return run(server);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'baton-mongod-'));
  const own = await startDurableMongo(mongod.binary, folder);
  try {
    await run(own);
  } finally {
    await own.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function faultsOn(store: string, server?: MongoServer): void {
  describe(`faults at labelled points, seed ${seed} (SEED=${seed} repeats them)`, () => {
    for (const cell of CELLS) {
      const name = cellName(cell);
      if (cell.store !== store) continue;
      if (cell.fault.killsDatabase === true && 'missing' in mongod) {
        results.set(name, 'left out');
        continue;
      }
      if (cell.form === 'long' && !LONG) continue;
      const run = async (): Promise<void> => {
        results.set(name, 'failed');
        const options = { build, outage: OUTAGE_MS, random: seededRandom(`${seed} ${name}`) };
        await onItsServer(cell, server, (on) => runCell(cell, { ...options, server: on }));
        results.set(name, 'ok');
      };
      it(name, run, CELL_LIMIT_MS);
    }
  });
}

faultsOn('sqlite');
await withMongo('faults on the MongoDB store', (server) => {
  mongo = server.name;
  faultsOn('mongodb', server);
});

describe('the tables of the faults', () => {
  it('are what docs/guarantees.md quotes', () => {
    if (process.env['FAULTS_WRITE'] === '1') quoteTables(renderTables(results, mongo));
    const server = quotedServer();
    // What one server is left out of, another may take.
    if (mongo === 'none' || (server !== undefined && server !== mongo)) return;
    expect(quotedTables()).toBe(renderTables(new Map([...quotedResults(), ...results]), mongo));
  });
});

afterAll(() => {
  const report = process.env['FAULTS_TABLE'];
  if (report !== undefined) writeFileSync(report, renderTables(results, mongo));
});
