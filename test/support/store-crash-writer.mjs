// Commits to a database until it is killed, and prints each record once it has been answered.
// Arguments: the folder of the built service, the database, the number of this writer.
import { writeSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , built, database, run] = process.argv;
const index = path.join(built, 'adapters', 'storage', 'sqlite', 'index.js');
const { openSqliteStore } = await import(pathToFileURL(index).href);
const { journal } = openSqliteStore({ path: database });

const NODES = 4;
const none = { pending: 0, ready: 0, running: 0, waiting: 0, retrying: 0, completed: 0 };
const counts = { ...none, failed: 0, cancelled: 0, skipped: 0 };

function record(jobId, version) {
  const node = version - 2;
  const ended = version === NODES + 1;
  return {
    tenantId: 'acme',
    jobId,
    commitId: `${jobId}/${version}`,
    expectedVersion: version - 1,
    at: version,
    events: [{ type: 'node_completed', node: `n${node}` }],
    intents: [],
    progress: { status: ended ? 'completed' : 'running', version, counts, updatedAt: version },
    nodes: version === 1 ? [] : [{ index: node, status: 'completed', attempt: 1 }],
    ...(version === 1 ? { creation: creation(jobId) } : {}),
  };
}

function creation(jobId) {
  const nodes = Array.from({ length: NODES }, (_, at) => ({ id: `n${at}`, type: 'noop' }));
  return {
    header: {
      tenantId: 'acme',
      jobId,
      owner: 'alice',
      name: 'crash',
      labels: {},
      priority: 3,
      createdAt: 1,
      nodeCount: NODES,
      types: ['noop'],
      concurrency: 1,
      timeout: 60,
      onFailure: 'continue',
      correlationId: jobId,
    },
    chunks: [{ first: 0, nodes }],
    idempotency: { key: jobId, bodyHash: 'hash' },
  };
}

for (let round = 0; ; round += 1) {
  const jobs = Array.from({ length: 25 }, (_, at) => `job-${run}-${round}-${at}`);
  for (let version = 1; version <= NODES + 1; version += 1) {
    const results = await journal.commit(jobs.map((jobId) => record(jobId, version)));
    if (results.some(({ status }) => status !== 'committed')) process.exit(1);
    writeSync(1, `${round} ${version}\n`);
  }
}
