import type { JobRef } from '../core/job/job-record.js';

export interface ArtifactRef extends JobRef {
  readonly nodeId: string;
  readonly attempt: number;
  /** A plain file name, such as `output.log`. */
  readonly name: string;
}

export interface ArtifactSlice {
  readonly bytes: Uint8Array;
  /** Bytes in all. */
  readonly size: number;
}

/** A sink for one artifact; what is beyond the cap is counted and dropped, and a last line says so. */
export interface ArtifactWriter {
  write(bytes: Uint8Array): void;
  /** Resolves when what was written so far has left memory; a fast producer waits for it. */
  drain(): Promise<void>;
  /** Resolves when all is on disk. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Files that attempts leave behind: logs, reports, large outputs. A write that fails is logged once
 * and loses the artifact, never the attempt.
 */
export interface ArtifactStore {
  /**
   * Opens an artifact for writing: empty, or with `append` after what is there. At most `capBytes`
   * are kept in all. Throws when the name is not a plain file name.
   */
  create(ref: ArtifactRef, capBytes: number, mode?: 'replace' | 'append'): ArtifactWriter;
  /** `undefined` when there is no such artifact. */
  read(ref: ArtifactRef, offset: number, limit: number): Promise<ArtifactSlice | undefined>;
  /** Names of the artifacts of an attempt, sorted. */
  list(ref: Omit<ArtifactRef, 'name'>): Promise<readonly string[]>;
  /**
   * Deletes everything that attempts of a job left behind; nothing when there is none. To be called
   * for jobs that have ended. Rejects when something could not be deleted; the call may be repeated.
   */
  deleteJob(ref: JobRef): Promise<void>;
}
