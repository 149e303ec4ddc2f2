import { priorityOf } from '../../src/core/job/job-record.js';
import { isTerminalJob } from '../../src/core/job/status.js';
import type {
  Cluster,
  CommandAnswer,
  Instance,
  InstanceRegistry,
  JobInbox,
  JobLeases,
  JobMessage,
} from '../../src/ports/cluster.js';
import type { JobView } from '../../src/ports/job-projections.js';
import { InProcessConcurrencyKeys } from '../../src/adapters/system/in-process-concurrency-keys.js';
import type { MemoryStore } from './memory-store.js';

/** What the processes of a simulation share beside their store. Leases never lag behind it. */
export class MemoryCluster implements Cluster {
  readonly keys = new InProcessConcurrencyKeys();
  readonly #store: MemoryStore;
  readonly #instances = new Map<string, Instance>();
  readonly #messages = new Map<string, JobMessage>();
  readonly #answers = new Map<string, CommandAnswer>();

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  readonly instances: InstanceRegistry = {
    register: async (instance) => {
      await Promise.resolve();
      const { id } = instance;
      if (this.#instances.has(id)) throw new Error(`An instance is registered as ${id} already.`);
      this.#instances.set(id, { ...instance, beats: 0, dead: false });
    },
    beat: async (id) => {
      await Promise.resolve();
      const instance = this.#instances.get(id);
      if (instance === undefined || instance.dead) return false;
      this.#instances.set(id, { ...instance, beats: instance.beats + 1 });
      return true;
    },
    all: async () => {
      await Promise.resolve();
      return [...this.#instances.values()];
    },
    declareDead: async (id, beats) => {
      await Promise.resolve();
      const instance = this.#instances.get(id);
      if (instance === undefined || instance.dead) return true;
      if (instance.beats !== beats) return false;
      this.#instances.set(id, { ...instance, dead: true });
      return true;
    },
    remove: async (id) => {
      await Promise.resolve();
      this.#instances.delete(id);
    },
  };

  readonly leases: JobLeases = {
    waiting: (limit) =>
      this.#jobs(limit, ({ status, driver }) => status === 'queued' && driver === undefined),
    overdue: async (now, limit) =>
      (await this.leases.waiting(Infinity))
        .filter(({ header }) => (header.deadline ?? Infinity) <= now)
        .slice(0, limit),
    handedOver: (limit) =>
      this.#jobs(limit, ({ status, driver }) => status !== 'queued' && driver === undefined),
    heldBy: (instanceId, limit) => this.#jobs(limit, ({ driver }) => driver === instanceId),
    namesHeldBy: async (instanceId) =>
      (await this.#jobs(Infinity, ({ driver }) => driver === instanceId)).map(
        ({ header: { tenantId, jobId } }) => ({ tenantId, jobId }),
      ),
    heldByOthers: (than, limit) =>
      this.#jobs(limit, ({ driver }) => driver !== undefined && !than.includes(driver)),
  };

  readonly inbox: JobInbox = {
    put: async (message) => {
      await Promise.resolve();
      if (!this.#messages.has(message.id)) {
        this.#messages.set(message.id, structuredClone(message));
      }
    },
    read: async (limit) => {
      await Promise.resolve();
      const oldestFirst = [...this.#messages.values()]
        .filter(({ id }) => !this.#answers.has(id))
        .sort((a, b) => a.at - b.at);
      return oldestFirst.slice(0, limit);
    },
    answer: async (answers) => {
      await Promise.resolve();
      for (const [id, answer] of answers) if (this.#messages.has(id)) this.#answers.set(id, answer);
    },
    answerTo: async (id) => {
      await Promise.resolve();
      return this.#answers.get(id);
    },
    deleteAnswered: async (before) => {
      await Promise.resolve();
      for (const [id, { at }] of this.#messages) {
        if (at < before && this.#answers.has(id)) this.#forget(id);
      }
    },
    delete: async (ids) => {
      await Promise.resolve();
      for (const id of ids) this.#forget(id);
    },
  };

  #forget(id: string): void {
    this.#messages.delete(id);
    this.#answers.delete(id);
  }

  /** Unfinished ones; the store keeps jobs in order of creation. */
  async #jobs(
    limit: number,
    wanted: (progress: JobView['progress']) => boolean,
  ): Promise<readonly JobView[]> {
    await Promise.resolve();
    return Array.from(this.#store.jobs.values(), ({ view }) => view)
      .filter(({ progress }) => !isTerminalJob(progress.status) && wanted(progress))
      .sort((a, b) => priorityOf(b) - priorityOf(a))
      .slice(0, limit);
  }
}
