import type { AttemptResult } from '../../src/core/job/attempt.js';
import type { DagExecutionEngine } from '../../src/engine/dag-execution-engine.js';
import type { Cluster } from '../../src/ports/cluster.js';
import type { CommitRequest, CommitResult } from '../../src/ports/job-journal.js';
import type { AttemptContext } from '../../src/ports/node-executor.js';
import { StoreUnavailable } from '../../src/ports/store-errors.js';
import { makeEngine, ManualClock, scriptedExecutor } from './engine-fixture.js';
import type { MemoryStore } from './memory-store.js';

/** How long a member may be silent, in ms. */
export const LEASE_MS = 15_000;

/** `open`: works; `away`: every call is refused; `frozen`: no call returns, as for a stopped process. */
export type Line = 'open' | 'away' | 'frozen';

/** An engine with its own line to the store, and its own clock, on which it may stand still. */
export class Member {
  readonly clock = new ManualClock();
  readonly attempts: AttemptContext[] = [];
  readonly engine: DagExecutionEngine;
  line: Line = 'open';
  /** Commits whose answer is lost after they were made. */
  losing = 0;
  #thawed: (() => void)[] = [];

  constructor(
    store: MemoryStore,
    shared: Cluster,
    name: string,
    {
      maxRunningJobs = 100,
      execute = (attempt) => this.#execute(attempt),
    }: {
      readonly maxRunningJobs?: number;
      readonly execute?: (attempt: AttemptContext) => AttemptResult | Promise<AttemptResult>;
    } = {},
  ) {
    const connected = store.connect((batch) => this.#commit(store, batch));
    this.engine = makeEngine({
      store: this.#through(connected),
      executors: [
        scriptedExecutor((attempt) => {
          this.attempts.push(attempt);
          return execute(attempt);
        }),
      ],
      clock: this.clock,
      ownerId: name,
      maxRunningJobs,
      leaseDuration: LEASE_MS,
      cluster: {
        instances: this.#through(shared.instances),
        leases: this.#through(shared.leases),
        inbox: this.#through(shared.inbox),
        keys: this.#through(shared.keys),
      },
    });
  }

  thaw(): void {
    this.line = 'open';
    for (const go of this.#thawed.splice(0)) go();
  }

  /** Ends every attempt of a node that runs here; those of nodes called `long…` wait for it. */
  finish: (nodeId: string) => void = () => undefined;

  #execute(attempt: AttemptContext): AttemptResult | Promise<AttemptResult> {
    if (attempt.nodeId.startsWith('wait')) {
      return { status: 'waiting', until: this.clock.now() + 3_600_000 };
    }
    if (!attempt.nodeId.startsWith('long')) return { status: 'completed' };
    return new Promise((resolve) => {
      const before = this.finish;
      this.finish = (nodeId) => {
        before(nodeId);
        if (nodeId === attempt.nodeId) resolve({ status: 'completed' });
      };
      attempt.signal.addEventListener('abort', () =>
        resolve({ status: 'failed', error: { class: 'cancelled', code: 'x', message: 'x' } }),
      );
    });
  }

  async #commit(
    store: MemoryStore,
    batch: readonly CommitRequest[],
  ): Promise<readonly CommitResult[]> {
    const results = await store.commit(batch);
    if (this.losing === 0) return results;
    this.losing--;
    throw new StoreUnavailable('the answer was lost');
  }

  #through<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]): Promise<unknown> => {
          if (this.line === 'away') throw new StoreUnavailable('an outage of the test');
          if (this.line === 'frozen') {
            await new Promise<void>((resolve) => this.#thawed.push(resolve));
          }
          return Reflect.apply(method, target, given) as unknown;
        };
      },
    });
  }
}
