import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openSqliteStore, type SqliteStore } from '../../src/adapters/storage/sqlite/index.js';
import { builtService } from '../support/build.js';
import { StoreFolder } from '../support/store-folder.js';

const KILLS = 6;
const NODES = 4;
const WRITER = path.resolve('test', 'support', 'store-crash-writer.mjs');

describe('SQLite, its process killed in the middle of commits', () => {
  let folder: StoreFolder;
  beforeAll(() => {
    folder = new StoreFolder();
  });
  afterAll(() => folder.remove());

  /** Runs a writer, kills it after that many answers, and says what it was answered. */
  async function killAfter(answers: number, run: number): Promise<Map<string, number>> {
    const writer = spawn(process.execPath, [WRITER, builtService(), folder.database, String(run)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(writer, 'exit');
    const answered = new Map<string, number>();
    for await (const line of createInterface(writer.stdout)) {
      const [round = '', version] = line.split(' ');
      answered.set(round, Number(version));
      answers -= 1;
      if (answers === 0) writer.kill('SIGKILL');
    }
    await exited;
    expect(writer.signalCode).toBe('SIGKILL');
    return answered;
  }

  async function lastVersion(store: SqliteStore, jobId: string): Promise<number> {
    const ref = { tenantId: 'acme', jobId };
    const records = await store.journal.read(ref, 0, 100);
    expect(records.map(({ version }) => version)).toEqual(records.map((_, at) => at + 1));
    const last = records.length;
    const view = await store.projections.job(ref);
    expect(view?.progress.version ?? 0).toBe(last);
    const claim = await store.journal.findClaim('acme', 'alice', jobId);
    expect(claim?.jobId).toBe(last === 0 ? undefined : jobId);
    const nodes = await store.projections.nodes(ref, { after: -1, limit: 100 });
    expect(nodes).toHaveLength(last === 0 ? 0 : NODES);
    expect(nodes.filter(({ state }) => state !== undefined)).toHaveLength(Math.max(0, last - 1));
    return last;
  }

  it('has every answered record, none of them half, and lists that agree', async () => {
    let jobs = 0;
    let unfinished = 0;
    for (let run = 0; run < KILLS; run += 1) {
      const answered = await killAfter(7 + run * 23, run);
      const store = openSqliteStore({ path: folder.database });
      const rounds = Math.max(...[...answered.keys()].map(Number));
      for (let round = 0; round <= rounds + 1; round += 1) {
        for (let at = 0; at < 25; at += 1) {
          const last = await lastVersion(store, `job-${run}-${round}-${at}`);
          expect(last).toBeGreaterThanOrEqual(answered.get(String(round)) ?? 0);
          if (last > 0) jobs += 1;
          if (last > 0 && last < NODES + 1) unfinished += 1;
        }
      }
      const everything = { tenantId: 'acme', sort: 'created_at', limit: 1 } as const;
      const all = await store.projections.list({ ...everything, start: { offset: 0 } });
      expect(all.total).toBe(jobs);
      const left = await store.projections.unfinished(undefined, 10_000);
      expect(left).toHaveLength(unfinished);
      const running = await store.projections.list({
        ...everything,
        status: ['running'],
        start: { offset: 0 },
      });
      expect(running.total).toBe(unfinished);
      store.close();
    }
  });
});
