import type { JobHeader, JobRef } from '../core/job/job-record.js';
import type { Clock } from '../ports/clock.js';
import type { ConcurrencyKeys, KeyHolder } from '../ports/concurrency-keys.js';
import type { Logger } from '../ports/logger.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import { keyOf } from './job-scheduler.js';
import type { StaleKeyHolders } from './stale-key-holders.js';
import type { Timer, Timers } from './timers.js';

/** A node that would start if it held a key. */
export interface KeyWish {
  readonly node: number;
  /** 5 before 1. */
  readonly priority: number;
  readonly holder: KeyHolder;
  readonly limit: number;
}

/** A job with nodes that need keys. */
export interface KeySeeker {
  readonly header: JobHeader;
  /** The first node for which the key is wanted; `undefined` when it is not wanted any more. */
  wish(key: string): KeyWish | undefined;
  /** The node holds the key now; false gives it back. */
  take(wish: KeyWish): boolean;
}

export interface KeyDeskParts {
  readonly keys: ConcurrencyKeys;
  readonly stale: StaleKeyHolders;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shared: boolean;
  /** Has what a holder waits for run at a priority, unless it is as urgent already. */
  readonly hurry: (holder: KeyHolder, priority: number) => Promise<void>;
}

interface Queue {
  readonly tenantId: string;
  readonly key: string;
  readonly seekers: Set<KeySeeker>;
  asking: boolean;
  /** Something has changed since it was asked. */
  changed: boolean;
  refusals: number;
  poll: Timer | undefined;
  /** At which its holders were asked to hurry last; 0 when they are to be asked again. */
  hurried: number;
}

const RETRY_MS = 1_000;
/** Between two questions about a key that others hold: from this on, to twice as long. */
const POLL_MS = 500;
/** How often those that hold a key which somebody waits for are asked to hurry. */
const HURRY_MS = 2_000;
/** Refusals between two looks at who holds a key. */
const REFUSALS_A_LOOK = 5;

/**
 * Asks for concurrency keys on behalf of the jobs of this process. Who comes first gets one first, by
 * the priority of the node, then by the age of its job; nobody is passed over by others that could do
 * with less. Where the store is shared, others may let go of a key unheard, so it is asked for again
 * and again, and holders that have ended are taken away.
 */
export class KeyDesk {
  readonly #parts: KeyDeskParts;
  readonly #queues = new Map<string, Queue>();
  /** Jobs of which is not known yet what they hold. */
  readonly #awaited = new Set<string>();
  readonly #calls = new Set<Promise<unknown>>();
  #closed = false;

  constructor(parts: KeyDeskParts) {
    this.#parts = parts;
  }

  /** Nobody gets a key until each of these jobs has been {@link takenUp}. */
  await(jobs: readonly JobRef[]): void {
    for (const job of jobs) this.#awaited.add(keyOf(job));
  }

  /** What the job holds is known, or it holds nothing. */
  takenUp(job: JobRef): void {
    if (!this.#awaited.delete(keyOf(job)) || this.#awaited.size > 0) return;
    for (const queue of this.#queues.values()) this.#serve(queue);
  }

  /** A job wants a key; it is asked which node for whenever its turn has come. */
  seek(key: string, seeker: KeySeeker): void {
    const { tenantId } = seeker.header;
    const name = nameOf(tenantId, key);
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = {
        tenantId,
        key,
        seekers: new Set(),
        asking: false,
        changed: false,
        refusals: 0,
        poll: undefined,
        hurried: 0,
      };
      this.#queues.set(name, queue);
    }
    queue.seekers.add(seeker);
    this.#serve(queue);
  }

  /** Lets go of a key, however long that takes. */
  async release(holder: KeyHolder): Promise<void> {
    await this.#insist(() => this.#parts.keys.release(holder));
    const queue = this.#queues.get(nameOf(holder.tenantId, holder.key));
    if (queue !== undefined) this.#serve(queue);
  }

  /** Says what a job holds by its journal, however long that takes, or until `isOver`. */
  async reconcile(
    job: JobRef & Pick<KeyHolder, 'epoch'>,
    holders: readonly KeyHolder[],
    isOver: () => boolean,
  ): Promise<void> {
    await this.#insist(() => this.#parts.keys.reconcile(job, holders), isOver);
    this.takenUp(job);
  }

  /** Asks for nothing any more; resolves when what was asked for has been answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#calls);
  }

  #serve(queue: Queue): void {
    queue.changed = true;
    if (queue.asking || this.#closed || this.#awaited.size > 0) return;
    const next = first(queue);
    if (queue.poll !== undefined) this.#parts.timers.cancel(queue.poll);
    queue.poll = undefined;
    if (next === undefined) {
      this.#queues.delete(nameOf(queue.tenantId, queue.key));
      return;
    }
    queue.asking = true;
    queue.changed = false;
    void this.#ask(queue, next.seeker, next.wish);
  }

  async #ask(queue: Queue, seeker: KeySeeker, wish: KeyWish): Promise<void> {
    const { keys, shared, timers, clock } = this.#parts;
    const held = await this.#call(() => keys.acquire(wish.holder, wish.limit));
    queue.asking = false;
    if (held === true) {
      queue.refusals = 0;
      if (!seeker.take(wish)) void this.release(wish.holder);
      this.#serve(queue);
      return;
    }
    if (queue.changed) {
      this.#serve(queue);
      return;
    }
    this.#hurry(queue, wish.priority);
    if (shared || held === undefined) {
      queue.refusals++;
      const pause = POLL_MS * (1 + clock.random());
      queue.poll = timers.set(clock.now() + pause, () => this.#again(queue));
    }
  }

  /** What an urgent node waits for is as urgent: the jobs that run the nodes which hold the key. */
  #hurry(queue: Queue, priority: number): void {
    if (queue.hurried >= priority) return;
    queue.hurried = priority;
    const { keys, timers, clock, hurry } = this.#parts;
    void this.#call(async () => {
      for (const holder of await keys.holders(queue.tenantId, queue.key)) {
        await hurry(holder, priority);
      }
    });
    // Others may hold it by then, or have begun to wait.
    timers.set(clock.now() + HURRY_MS, () => {
      queue.hurried = 0;
      if (queue.seekers.size > 0) this.#serve(queue);
    });
  }

  #again(queue: Queue): void {
    queue.poll = undefined;
    if (queue.refusals % REFUSALS_A_LOOK === 0) void this.#tidy(queue);
    this.#serve(queue);
  }

  /** Takes holders away that hold the key no longer, though nobody said so. */
  async #tidy({ tenantId, key }: Queue): Promise<void> {
    const { keys, stale } = this.#parts;
    const holders = await this.#call(() => keys.holders(tenantId, key));
    for (const holder of holders ?? []) {
      if ((await this.#call(() => stale.isStale(holder))) === true) await this.release(holder);
    }
  }

  async #insist(call: () => Promise<void>, isOver = (): boolean => false): Promise<void> {
    const { clock } = this.#parts;
    while (!this.#closed && !isOver()) {
      const done = await this.#call(async () => {
        await call();
        return true;
      });
      if (done === true) return;
      await new Promise<void>((resolve) => clock.setTimer(RETRY_MS, resolve));
    }
  }

  /** `undefined` when the store could not be asked. */
  async #call<T>(call: () => Promise<T>): Promise<T | undefined> {
    const called = call();
    this.#calls.add(called);
    try {
      return await called;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) {
        this.#parts.logger.error({ err: error }, 'concurrency keys could not be asked for');
      }
      return undefined;
    } finally {
      this.#calls.delete(called);
    }
  }
}

/** Whose turn it is; forgets who wants the key no more. */
function first(queue: Queue): { readonly seeker: KeySeeker; readonly wish: KeyWish } | undefined {
  let best: { readonly seeker: KeySeeker; readonly wish: KeyWish } | undefined;
  for (const seeker of queue.seekers) {
    const wish = seeker.wish(queue.key);
    if (wish === undefined) queue.seekers.delete(seeker);
    else if (best === undefined || comesBefore({ seeker, wish }, best)) best = { seeker, wish };
  }
  return best;
}

function comesBefore(
  a: { readonly seeker: KeySeeker; readonly wish: KeyWish },
  b: { readonly seeker: KeySeeker; readonly wish: KeyWish },
): boolean {
  if (a.wish.priority !== b.wish.priority) return a.wish.priority > b.wish.priority;
  return a.seeker.header.createdAt < b.seeker.header.createdAt;
}

function nameOf(tenantId: string, key: string): string {
  return JSON.stringify([tenantId, key]);
}
