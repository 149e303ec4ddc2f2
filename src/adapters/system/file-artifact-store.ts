import { open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type {
  ArtifactRef,
  ArtifactSlice,
  ArtifactStore,
  ArtifactWriter,
} from '../../ports/artifact-store.js';
import type { JobRef } from '../../core/job/job-record.js';
import type { Logger } from '../../ports/logger.js';
import { FileArtifactWriter } from './file-artifact-writer.js';
import { attemptPath, fileNameOf, jobPath, originalName } from './safe-name.js';

/** At most this much is read in one call, however much is asked for. */
const MAX_SLICE = 16 * 1024 * 1024;

/** Artifacts as files: `<root>/<tenant>/<job>/<node>/<attempt>/<name>`. */
export class FileArtifactStore implements ArtifactStore {
  readonly #root: string;
  readonly #logger: Logger;

  /** `root` is made when the first artifact is written. */
  constructor(root: string, logger: Logger) {
    this.#root = path.resolve(root);
    this.#logger = logger;
  }

  create(
    ref: ArtifactRef,
    capBytes: number,
    mode: 'replace' | 'append' = 'replace',
  ): ArtifactWriter {
    const fileName = fileNameOf(ref.name);
    if (fileName === undefined) {
      throw new Error(
        `An artifact cannot be called ${JSON.stringify(ref.name.slice(0, 100))}: give a plain file name without folders, at most 200 characters long.`,
      );
    }
    const folder = attemptPath(this.#root, ref);
    return new FileArtifactWriter({
      file: path.join(folder, fileName),
      capBytes,
      append: mode === 'append',
      onError: (error) =>
        this.#logger.error(
          {
            tenant_id: ref.tenantId,
            job_id: ref.jobId,
            node_id: ref.nodeId,
            attempt: ref.attempt,
            artifact: ref.name,
            error: error.message,
          },
          'an artifact could not be written and is incomplete; free disk space or check the rights on the data folder',
        ),
    });
  }

  async read(ref: ArtifactRef, offset: number, limit: number): Promise<ArtifactSlice | undefined> {
    const fileName = fileNameOf(ref.name);
    if (fileName === undefined) return undefined;
    let file;
    try {
      file = await open(path.join(attemptPath(this.#root, ref), fileName), 'r');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      const { size } = await file.stat();
      const start = Math.max(0, Math.trunc(offset));
      const length = Math.max(0, Math.min(Math.trunc(limit), MAX_SLICE, size - start));
      const bytes = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return { bytes: bytes.subarray(0, filled), size };
    } finally {
      await file.close();
    }
  }

  async list(ref: Omit<ArtifactRef, 'name'>): Promise<readonly string[]> {
    let fileNames: string[];
    try {
      fileNames = await readdir(attemptPath(this.#root, ref));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
    return fileNames
      .map(originalName)
      .filter((name) => name !== undefined)
      .sort();
  }

  async deleteJob(ref: JobRef): Promise<void> {
    // Links are deleted, never followed. The tenant's folder stays: another job may be using it.
    await rm(jobPath(this.#root, ref), {
      recursive: true,
      force: true,
      maxRetries: 3,
      retryDelay: 100,
    });
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
