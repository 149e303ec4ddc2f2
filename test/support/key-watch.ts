import { concurrencyKeyOf } from '../../src/core/graph/concurrency-key.js';
import type { NodeDefinition } from '../../src/core/graph/definition.js';
import type { CommitRequest, CommitResult } from '../../src/ports/job-journal.js';
import { MemoryStore } from './memory-store.js';

/** A store that notes, at every commit, which nodes hold which concurrency keys by the journal. */
export class KeyWatchingStore extends MemoryStore {
  /** Starts beyond the limit of their key. */
  readonly violations: string[] = [];
  /** The most nodes that held each key at once. */
  readonly most = new Map<string, number>();
  readonly #limits: ReadonlyMap<string, number>;
  readonly #holders = new Map<string, Set<string>>();
  readonly #versions = new Map<string, number>();

  /** @param limits of each key, the highest where nodes give several */
  constructor(limits: Readonly<Record<string, number>>) {
    super();
    this.#limits = new Map(Object.entries(limits));
  }

  override async commit(batch: readonly CommitRequest[]): Promise<readonly CommitResult[]> {
    const results = await super.commit(batch);
    for (const [at, request] of batch.entries()) {
      const version = request.expectedVersion + 1;
      const { jobId } = request;
      // The same record may be committed twice.
      if (results[at]?.status !== 'committed' || this.#versions.get(jobId) === version) continue;
      this.#versions.set(jobId, version);
      this.#note(request);
    }
    return results;
  }

  #note({ jobId, tenantId, events }: CommitRequest): void {
    for (const event of events) {
      if (event.type === 'job_finished') {
        for (const holders of this.#holders.values()) {
          for (const id of holders) if (id.startsWith(`${jobId}/`)) holders.delete(id);
        }
      }
      if (!('node' in event) || event.type === 'job_failing') continue;
      const definition = this.#definition(`${tenantId}/${jobId}`, event.node);
      const wanted = definition === undefined ? undefined : concurrencyKeyOf(definition);
      if (wanted === undefined) continue;
      const holders = this.#holders.get(wanted.key) ?? new Set<string>();
      this.#holders.set(wanted.key, holders);
      const id = `${jobId}/${event.node}`;
      if (event.type === 'node_started') {
        if (holders.size >= (this.#limits.get(wanted.key) ?? wanted.limit)) {
          this.violations.push(`${id} starts while ${[...holders].join()} hold ${wanted.key}`);
        }
        holders.add(id);
        this.most.set(wanted.key, Math.max(this.most.get(wanted.key) ?? 0, holders.size));
      }
      const isOver = ['completed', 'failed', 'retrying', 'cancelled', 'skipped', 'held'].some(
        (end) => event.type === `node_${end}`,
      );
      if (isOver) holders.delete(id);
    }
  }

  #definition(job: string, nodeId: string): NodeDefinition | undefined {
    const chunks = this.jobs.get(job)?.chunks ?? [];
    return chunks.flatMap(({ nodes }) => nodes).find(({ id }) => id === nodeId);
  }
}
