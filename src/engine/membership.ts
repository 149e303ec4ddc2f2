import type { Clock } from '../ports/clock.js';
import type { Instance, InstanceRegistry } from '../ports/cluster.js';
import type { Logger } from '../ports/logger.js';
import { repeat, type Repeating } from './repeat.js';

/** Signs of life in one lease duration; whoever misses that many in a row is declared dead. */
export const BEATS_A_LEASE = 5;
/** How long the record of a dead instance is kept, in looks. */
const DEAD_LOOKS = 20 * BEATS_A_LEASE;

export interface MembershipParts {
  readonly registry: InstanceRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds. */
  readonly leaseDuration: number;
  /** Answers another id at each call. */
  readonly newInstanceId: () => string;
  readonly host: string;
  readonly pid: number;
  /** Told when the others have declared this instance dead: whatever it drove is theirs. */
  readonly expelled: () => void;
  /** Told the id that this instance has from now on. */
  readonly joined?: (id: string) => void;
}

interface Watched {
  beats: number;
  /** Looks in a row that saw no sign of life. */
  silent: number;
}

/**
 * This instance's place among those that share the store. It gives signs of life, and watches those of
 * the others: silence is counted in this instance's own looks at the registry, so that no clocks are
 * compared, and neither a pause of this instance nor an outage of the store counts as silence of others.
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #watched = new Map<string, Watched>();
  #id: string;
  #known: readonly Instance[] = [];
  #beating: Repeating | undefined;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.#id = parts.newInstanceId();
  }

  /** The id under which this instance drives jobs; another one after it was declared dead. */
  get id(): string {
    return this.#id;
  }

  /** Enters the registry; `former` is the id of a life of this instance that is certainly over. */
  async join(former?: string): Promise<void> {
    if (former !== undefined) await this.#parts.registry.remove(former);
    await this.#register(this.#id);
    const { clock, logger, leaseDuration } = this.#parts;
    this.#beating = repeat(clock, logger, {
      what: 'signs of life',
      pause: leaseDuration / BEATS_A_LEASE,
      round: () => this.#beat(),
    });
  }

  /** All instances, as of the last look at them. */
  get known(): readonly Instance[] {
    return this.#known;
  }

  /** All instances, as of now. */
  async look(): Promise<readonly Instance[]> {
    this.#known = await this.#parts.registry.all();
    return this.#known;
  }

  /** Leaves the registry: what this instance still names as its own is anybody's. */
  async leave(): Promise<void> {
    await this.#beating?.stop();
    await this.#parts.registry.remove(this.#id);
  }

  async #register(id: string): Promise<void> {
    const { registry, host, pid, clock } = this.#parts;
    await registry.register({ id, host, pid, startedAt: clock.now() });
    this.#parts.joined?.(id);
  }

  async #beat(): Promise<void> {
    const { registry } = this.#parts;
    try {
      if (!(await registry.beat(this.#id))) await this.#rejoin();
      await this.#watch(await this.look());
    } catch (error) {
      // Nothing was seen: nobody's silence may be counted across the gap.
      this.#watched.clear();
      throw error;
    }
  }

  async #rejoin(): Promise<void> {
    const { logger, expelled, newInstanceId, registry } = this.#parts;
    const former = this.#id;
    logger.error(
      { instance: former },
      'this instance gave no sign of life for too long and was declared dead: its jobs are taken over',
    );
    const id = newInstanceId();
    await this.#register(id);
    this.#id = id;
    expelled();
    await registry.remove(former);
  }

  async #watch(instances: readonly Instance[]): Promise<void> {
    const { registry, logger } = this.#parts;
    const there = new Set(instances.map(({ id }) => id));
    for (const id of this.#watched.keys()) if (!there.has(id)) this.#watched.delete(id);
    for (const { id, beats, dead, host, pid } of instances) {
      if (id === this.#id) continue;
      const known = this.#watched.get(id);
      if (known?.beats !== beats) {
        this.#watched.set(id, { beats, silent: 0 });
        continue;
      }
      known.silent++;
      if (dead) {
        if (known.silent > DEAD_LOOKS) await registry.remove(id);
      } else if (known.silent >= BEATS_A_LEASE && (await registry.declareDead(id, beats))) {
        logger.warn(
          { instance: id, host, instance_pid: pid },
          'an instance gives no sign of life and was declared dead: its jobs are taken over',
        );
        known.silent = 0;
        await this.look();
      }
    }
  }
}
