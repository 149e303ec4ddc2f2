import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { artifactStoreContract } from '../../../test/contract/artifact-store.contract.js';
import type { Logger } from '../../ports/logger.js';
import { FileArtifactStore } from './file-artifact-store.js';

const errors: object[] = [];
const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fields) => errors.push(fields),
};

let root: string;
const open = () => Promise.resolve(new FileArtifactStore(path.join(root, 'artifacts'), logger));
const remove = () => rm(root, { recursive: true, force: true });
async function fresh(): Promise<FileArtifactStore> {
  root = await mkdtemp(path.join(os.tmpdir(), 'baton-artifacts-'));
  errors.length = 0;
  return open();
}

artifactStoreContract({ name: 'files', create: fresh, reopen: open, destroy: remove });

describe('artifacts as files', () => {
  const ref = { tenantId: 'acme', jobId: 'job-1', nodeId: 'n:1', attempt: 1, name: 'output.log' };
  let store: FileArtifactStore;
  beforeEach(async () => {
    store = await fresh();
  });
  afterEach(remove);

  it('lie where one would look for them', async () => {
    await store.create({ ...ref, nodeId: 'build' }, 10).close();
    expect(await readdir(path.join(root, 'artifacts', 'acme', 'job-1', 'build', '1'))).toEqual([
      'output.log',
    ]);
  });

  it('that cannot be written are logged once, and nothing is thrown', async () => {
    await writeFile(path.join(root, 'artifacts'), 'a file where the folder should be');
    const writer = store.create(ref, 1000);
    for (let i = 0; i < 50; i++) {
      writer.write(Buffer.from('x'));
      await writer.drain();
    }
    await writer.close();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ tenant_id: 'acme', job_id: 'job-1', artifact: 'output.log' });
    expect(await store.read(ref, 0, 10)).toBeUndefined();
  });

  it('of a deleted job are gone, and what its commands linked to is not', async () => {
    const elsewhere = path.join(root, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(path.join(elsewhere, 'precious'), 'x');
    await store.create({ ...ref, nodeId: 'build' }, 10).close();
    const job = path.join(root, 'artifacts', 'acme', 'job-1');
    await symlink(elsewhere, path.join(job, 'build', '1', 'link'));
    await store.deleteJob(ref);
    expect(await readdir(path.join(root, 'artifacts', 'acme'))).toEqual([]);
    expect(await readdir(elsewhere)).toEqual(['precious']);
  });

  const full = process.platform === 'linux' ? it : it.skip;
  full('on a full disk are logged once, and nothing is thrown', async () => {
    const folder = path.join(root, 'artifacts', 'acme', 'job-1', 'build', '1');
    await mkdir(folder, { recursive: true });
    await symlink('/dev/full', path.join(folder, 'output.log'));
    const writer = store.create({ ...ref, nodeId: 'build' }, 1000);
    writer.write(Buffer.from('x'));
    await writer.drain();
    writer.write(Buffer.from('y'));
    await writer.close();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ error: expect.stringMatching(/ENOSPC/) });
  });
});
