import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { openMongoStore } from '../../src/adapters/storage/mongo/index.js';
import { lockForDriving, openSqliteStore } from '../../src/adapters/storage/sqlite/index.js';
import { Database } from '../../src/adapters/storage/sqlite/driver.js';
import { StoreIncomplete } from '../../src/ports/store-errors.js';
import { builtService } from '../support/build.js';
import { fill, finishAll, LARGE_NODES, listed, openAny } from '../support/migration-stores.js';
import type { MongoServer } from '../support/mongo/mongo-server.js';
import { withMongo } from '../support/mongo/with-mongo.js';
import { StoreFolder } from '../support/store-folder.js';
import { waitUntil } from '../support/wait-until.js';

jest.setTimeout(180_000);

const FINISHED = 200;
const TENANTS = ['acme', 'zoo'];

interface Side {
  readonly url: string;
  readonly jobs: number;
  readonly records: number;
  readonly nodes: number;
  readonly test_cases: number;
  readonly templates: number;
  readonly schedules: number;
  readonly tokens: number;
  readonly sha256: string;
  readonly tenants: Record<string, { jobs: Record<string, number> }>;
}
interface Report {
  readonly verified: boolean;
  readonly from: Side;
  readonly to: Side;
  readonly differences: {
    readonly count: number;
    readonly named: readonly { readonly job_id?: string; readonly what: string }[];
  };
}
interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real process of the command, which may be killed on its way. */
function baton(...args: readonly string[]): { kill(): void; readonly ended: Promise<Ended> } {
  const command = [path.join(builtService(), 'cli', 'baton.js'), 'migrate', ...args];
  const child = spawn(process.execPath, command, {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return {
    kill: () => void child.kill('SIGKILL'),
    ended: new Promise((resolve) => {
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    }),
  };
}

async function migrated(from: string, to: string, ...more: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await baton('--from', from, '--to', to, '--json', ...more).ended;
  if (stdout === '') throw new Error(`it ended with ${code}:\n${stderr}`);
  const report = JSON.parse(stdout) as Report;
  expect(code).toBe(report.verified ? 0 : 1);
  return report;
}

async function orderOf(url: string): Promise<readonly string[][]> {
  const store = await openAny(url);
  const pages = await Promise.all(TENANTS.map((tenant) => listed(store, tenant)));
  await store.close();
  return pages.map(({ jobs }) => jobs.map(({ header }) => header.jobId));
}

const folder = new StoreFolder();
let files = 0;
const freshFile = (): string => `file:${path.join(folder.path, `store-${++files}`, 'baton.db')}`;
/** A store with a job of 20,000 nodes, and a small one. */
const filled = `file:${folder.database}`;
const little = `file:${path.join(folder.path, 'little.db')}`;
const LITTLE = { finished: 10, large: 1_500 };

beforeAll(async () => {
  const store = await openAny(filled);
  await fill(store, { finished: FINISHED, large: LARGE_NODES });
  await store.close();
  const other = await openAny(little);
  await fill(other, LITTLE);
  await other.close();
});
afterAll(() => folder.remove());

/** Kills the command when the target has so many records, and again, until nothing is left to kill. */
async function withKills(from: string, to: string, records: number): Promise<number> {
  if (to.startsWith('file:')) mkdirSync(path.dirname(to.slice('file:'.length)));
  const target = await openAny(to);
  let kills = 0;
  for (const share of [0.01, 0.4, 0.7, 1]) {
    const run = baton('--from', from, '--to', to, '--json');
    const state = { over: false };
    void run.ended.then(() => (state.over = true));
    await waitUntil(
      async () => state.over || (await target.contents.size()).records >= share * records,
      60_000,
    );
    if (state.over) break;
    run.kill();
    await run.ended;
    kills++;
  }
  await target.close();
  return kills;
}

/** What must be so whatever the stores are. */
function migration(
  name: string,
  freshSource: () => Promise<string>,
  freshTarget: () => string,
): void {
  describe(`baton migrate, ${name}`, () => {
    let source: string;
    let target: string;
    let original: Side;
    beforeAll(async () => {
      source = await freshSource();
      target = freshTarget();
    });

    it('copies everything, and finds that nothing differs', async () => {
      const { from, to, verified, differences } = await migrated(source, target);
      expect(differences).toEqual({ count: 0, named: [] });
      expect(verified).toBe(true);
      expect(from).toMatchObject({
        test_cases: 3,
        templates: 2,
        schedules: 2,
        tokens: 2,
        jobs: FINISHED + 16,
      });
      expect(from.nodes).toBe(LARGE_NODES + 4 * (FINISHED + 15));
      expect({ ...to, url: '' }).toEqual({ ...from, url: '' });
      original = from;
      const counts = Object.values(from.tenants).map(({ jobs }) => jobs);
      expect(new Set(counts.flatMap((jobs) => Object.keys(jobs)))).toEqual(
        new Set(['completed', 'failed', 'cancelled', 'running', 'queued']),
      );
    });

    it('keeps the order of creation', async () => {
      expect(await orderOf(target)).toEqual(await orderOf(source));
    });

    it('does nothing the second time', async () => {
      expect((await migrated(source, target)).verified).toBe(true);
    });

    it('goes on where kill -9 has stopped it', async () => {
      const other = freshTarget();
      const kills = await withKills(source, other, original.records);
      expect(kills).toBeGreaterThan(2);
      const report = await migrated(source, other);
      expect(report.differences).toEqual({ count: 0, named: [] });
      expect({ ...report.to, url: '' }).toEqual({ ...original, url: '' });
      expect(await orderOf(other)).toEqual(await orderOf(source));
    });

    it('leaves jobs that an engine finishes, and keys that are still theirs', async () => {
      const store = await openAny(target);
      await finishAll(store);
      for (const tenant of TENANTS) {
        const { jobs } = await listed(store, tenant);
        for (const { progress } of jobs) {
          expect(['completed', 'failed', 'cancelled']).toContain(progress.status);
        }
      }
      const claim = await store.journal.findClaim('zoo', 'ada', 'key "0"');
      expect(claim).toEqual({ jobId: 'job-0', bodyHash: 'hash 0' });
      const large = { tenantId: 'acme', jobId: 'large' };
      expect(await store.projections.node(large, 'n19999')).toMatchObject({
        state: { status: 'completed', output: { nodeId: 'n19999' } },
      });
      expect(await store.tokens.redeem('a token', Date.now() + 1_000, Date.now())).toBe(false);
      await store.close();
    });
  });
}

migration('from a file to a file', () => Promise.resolve(filled), freshFile);

describe('baton migrate', () => {
  let verified: string;
  beforeAll(async () => {
    verified = freshFile();
    expect((await migrated(little, verified)).verified).toBe(true);
  });
  /** A copy that was found to be whole. */
  const copied = (): { url: string; file: string } => {
    const file = path.join(folder.path, `copied-${++files}.db`);
    copyFileSync(verified.slice('file:'.length), file);
    return { url: `file:${file}`, file };
  };
  const change = (file: string, sql: string): void => {
    const db = new Database(file);
    expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
    db.close();
  };
  const jobNumber = (jobId: string): string => `(SELECT seq FROM job WHERE job_id = '${jobId}')`;

  it.each<[string, string, string, RegExp]>([
    [
      'an event',
      'job-3',
      `UPDATE journal SET body = replace(body, 'node_completed', 'node_cancelled')
       WHERE version = 2 AND job = ${jobNumber('job-3')}`,
      /^record 2 differs/,
    ],
    [
      'a record that is no JSON any more',
      'job-4',
      `UPDATE journal SET body = substr(body, 3) WHERE version = 1 AND job = ${jobNumber('job-4')}`,
      /cannot be read in the target/,
    ],
    [
      'a record that is gone',
      'job-5',
      `DELETE FROM journal WHERE version = 3 AND job = ${jobNumber('job-5')}`,
      /^record 3 is missing|^record 3 stands against record 4/,
    ],
    [
      'a header',
      'job-6',
      `UPDATE job SET header = replace(header, '"owner":"ada"', '"owner":"eve"')
       WHERE job_id = 'job-6'`,
      /^its (header differs|status as shown differs)/,
    ],
    [
      'a claim',
      'job-7',
      `UPDATE claim SET body_hash = 'other' WHERE job = ${jobNumber('job-7')}`,
      /^its idempotency key differs/,
    ],
    [
      'a node of a definition',
      'job-8',
      `UPDATE job SET definition = replace(definition, '"left"', '"lift"') WHERE job_id = 'job-8'`,
      /^the definition of node left stands against the definition of node lift/,
    ],
    [
      'the output of a node',
      'large',
      `UPDATE node_state SET output = replace(output, 'n777', 'n778')
       WHERE place = 777 + (1 << 20) * ${jobNumber('large')}`,
      /^the state of node number 777 differs/,
    ],
    [
      'a chunk of a definition',
      'large',
      `UPDATE definition_part SET nodes = replace(nodes, '"at":1200}', '"at":1201}')
       WHERE instr(nodes, '"at":1200}') > 0`,
      /^the definition of node n1200 differs/,
    ],
  ])('names %s that is not as in the source', async (_, jobId, sql, what) => {
    const { url, file } = copied();
    change(file, sql);
    const { code, stdout } = await baton('--from', little, '--to', url, '--verify-only').ended;
    expect(code).toBe(1);
    const named = stdout.split(`, job ${jobId}: `).slice(1);
    expect(stdout).toContain(`${named.length} difference`);
    expect(named[0]).toMatch(what);
  });

  it('keeps a target that is not complete from being driven, until it is', async () => {
    const { url, file } = copied();
    const db = new Database(file);
    db.exec('INSERT INTO arrival (id) VALUES (1)');
    db.close();
    expect(() => openSqliteStore({ path: file })).toThrow(StoreIncomplete);
    expect((await baton('--from', url, '--to', freshFile()).ended).stderr).toMatch(/not complete/);
    expect((await migrated(little, url)).verified).toBe(true);
    openSqliteStore({ path: file }).close();
  });

  it('refuses a target that has gone on, and leaves it as it is', async () => {
    const { url } = copied();
    const store = await openAny(url);
    await finishAll(store);
    await store.close();
    const { code, stderr } = await baton('--from', little, '--to', url).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/has gone on in it.*Nothing was changed/);
    openSqliteStore({ path: url.slice('file:'.length) }).close();
    const { differences, from, to } = await migrated(little, url, '--verify-only');
    expect(differences.count).toBeGreaterThan(9);
    expect(from.sha256).not.toBe(to.sha256);
  });

  it('brings what the source has gained since', async () => {
    const source = path.join(folder.path, 'growing.db');
    copyFileSync(little.slice('file:'.length), source);
    const url = freshFile();
    expect((await migrated(`file:${source}`, url)).verified).toBe(true);
    const store = await openAny(`file:${source}`);
    await finishAll(store);
    await store.close();
    const report = await migrated(`file:${source}`, url);
    expect(report.differences).toEqual({ count: 0, named: [] });
    expect(report.to.tenants['acme']?.jobs['running']).toBeUndefined();
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ['no target', ['--from', little], 2, /required option '--to/],
    ['a URL of another kind', ['--from', 'http://x', '--to', little], 2, /--from must be file:/],
    ['one store on both sides', ['--from', little, '--to', little], 2, /same store/],
    ['an unknown option', ['--from', little, '--too', 'x'], 2, /unknown option|required option/],
    [
      'a source that is not there',
      ['--from', 'file:/nowhere/x.db', '--to', freshFile()],
      1,
      /no store/,
    ],
  ])('refuses %s', async (_, args, code, message) => {
    const ended = await baton(...args).ended;
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toBe('');
  });

  it('refuses files that a service drives, on either side', async () => {
    const lock = lockForDriving(little.slice('file:'.length));
    const from = await baton('--from', little, '--to', freshFile()).ended;
    const to = await baton('--from', copied().url, '--to', little).ended;
    lock.release();
    for (const ended of [from, to]) {
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/being driven by another/);
    }
  });

  it('prints a table for people, and how far it has come', async () => {
    const { code, stdout, stderr } = await baton('--from', little, '--to', freshFile()).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/jobs +26 +26\n/);
    expect(stdout).toMatch(/running of acme +\d+ +\d+\n/);
    expect(stdout).toContain('Nothing differs.');
    expect(stderr).toMatch(/copied: 26 of about 26 jobs, \d+ of about \d+ records, \d+ records\/s/);
    expect(stderr).toMatch(/verified: 26 of about 26 jobs/);
  });
});

function onMongo(server: MongoServer): void {
  const used: string[] = [];
  const freshDatabase = (): string => {
    const url = server.freshDatabase();
    used.push(url);
    return url;
  };
  afterAll(async () => {
    for (const url of used) {
      const store = await openMongoStore({ url, arriving: true });
      await store.connection.mongoose.dropDatabase();
      await store.close();
    }
  });
  const onMongoToo = async (source: string): Promise<string> => {
    const url = freshDatabase();
    expect((await migrated(source, url)).verified).toBe(true);
    return url;
  };

  migration('from a file to MongoDB', () => Promise.resolve(filled), freshDatabase);
  migration('from MongoDB to a file', () => onMongoToo(filled), freshFile);

  describe('baton migrate, with MongoDB', () => {
    it('comes back from MongoDB as it was', async () => {
      const back = freshFile();
      const report = await migrated(await onMongoToo(little), back);
      const original = await migrated(little, back, '--verify-only');
      expect(original.verified).toBe(true);
      expect(original.from.sha256).toBe(report.from.sha256);
    });

    it('names a record that was changed there', async () => {
      const url = await onMongoToo(little);
      const store = await openMongoStore({ url });
      const { connection } = store;
      const { matchedCount } = await connection.commits.updateOne(
        { _id: '"zoo","job-3",2' },
        { $set: { body: '[[],[],[]]' } },
      );
      expect(matchedCount).toBe(1);
      await connection.jobs.deleteOne({ _id: '"acme","job-4"' });
      await store.close();
      const { differences } = await migrated(little, url, '--verify-only');
      expect(differences.named.map(({ job_id, what }) => `${job_id ?? ''}: ${what}`)).toEqual([
        'job-3: record 2 differs',
        'job-4: it is missing in the target',
      ]);
    });

    it('leaves nobody as the driver of what it moved', async () => {
      const url = await onMongoToo(little);
      const store = await openMongoStore({ url });
      const { waiting, handedOver } = {
        waiting: await store.cluster.leases.waiting(100),
        handedOver: await store.cluster.leases.handedOver(100),
      };
      expect(waiting).toHaveLength(6);
      expect(handedOver).toHaveLength(6);
      await store.close();
    });

    it('refuses a store while a service gives signs of life, and not when it is silent', async () => {
      const url = await onMongoToo(little);
      const store = await openMongoStore({ url });
      const { instances } = store.cluster;
      await instances.register({ id: 'live', host: 'runner-7', pid: 4711, startedAt: 0 });
      const beating = setInterval(() => void instances.beat('live'), 200);
      const target = freshFile();
      const refused = await baton('--from', url, '--to', target).ended;
      clearInterval(beating);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/runner-7 \(process 4711\) is driving/);
      await store.close();
      expect((await migrated(url, target, '--lease', '1')).verified).toBe(true);
    });

    it('refuses a source while commands to its jobs are left', async () => {
      const url = await onMongoToo(little);
      const store = await openMongoStore({ url });
      const command = { type: 'cancel', by: 'ada' } as const;
      const at = Date.now();
      await store.cluster.inbox.put({ tenantId: 'acme', jobId: 'job-20000', id: 'm', at, command });
      await store.close();
      const { code, stderr } = await baton('--from', url, '--to', freshFile()).ended;
      expect(code).toBe(1);
      expect(stderr).toMatch(/no service has carried out/);
      expect((await migrated(little, url, '--verify-only')).verified).toBe(true);
    });

    it('prints no password', async () => {
      const { host, port } = server;
      const url = `mongodb://eve:s3cr%2Ft@${host}:${port}/nothing_here?authSource=admin`;
      const { code, stdout, stderr } = await baton('--from', url, '--to', freshFile()).ended;
      expect(code).toBe(1);
      expect(stdout + stderr).not.toMatch(/s3cr|eve:/);
      expect(stderr).toContain(`mongodb://${host}:${port}/nothing_here`);
      const none = server.freshDatabase();
      const missing = await baton('--from', none, '--to', freshFile()).ended;
      expect(missing.stderr).toMatch(/no store of Baton/);
    });
  });
}

await withMongo('baton migrate with MongoDB', onMongo);
