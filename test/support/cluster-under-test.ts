import type { Cluster } from '../../src/ports/cluster.js';
import type { JobJournal } from '../../src/ports/job-journal.js';

export interface ClusterUnderTest {
  readonly journal: JobJournal;
  readonly cluster: Cluster;
  /** Resolves when the leases show every commit answered so far. */
  settled(): Promise<void>;
}

/** How the contracts of a cluster get at the adapter it is run on. */
export interface ClusterContract {
  readonly name: string;
  /** On empty storage. */
  create(): Promise<ClusterUnderTest>;
  /** As another process would see it; the one before is no longer used. */
  reopen(): Promise<ClusterUnderTest>;
  destroy(): Promise<void>;
}
