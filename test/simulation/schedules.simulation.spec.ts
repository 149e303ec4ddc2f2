import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firingsBetween, firingTimes } from '../../src/core/schedule/firing-times.js';
import { aSchedule, MINUTE, START } from '../../src/core/schedule/schedule.fixture.js';
import { OVERLAP_POLICIES, type Firing, type Schedule } from '../../src/core/schedule/schedule.js';
import { ScheduleRunner } from '../../src/engine/schedule-runner.js';
import type { Clock } from '../../src/ports/clock.js';
import type { JobView } from '../../src/ports/job-projections.js';
import type { ScheduleStore } from '../../src/ports/schedule-store.js';
import { StoreUnavailable } from '../../src/ports/store-errors.js';
import { MemorySchedules } from '../support/memory-schedules.js';

const SILENT = { debug: noop, info: noop, warn: noop, error: noop };
const TIMING = { interval: 5 * MINUTE, anchor: 0 };
const RUNS_FOR = 60 * MINUTE;

/** The world that outlives its instances: time, schedules, and jobs that end a while after they were made. */
class World {
  readonly schedules = new MemorySchedules();
  readonly jobs = new Map<string, { readonly firing: Firing; endsAt: number }>();
  readonly timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  now = START;

  constructor(readonly jobLasts: number) {}

  readonly clock: Clock = {
    now: () => this.now,
    random: () => 0,
    setTimer: (ms, callback) => {
      const timer = { at: this.now + ms, callback };
      this.timers.add(timer);
      return { cancel: () => this.timers.delete(timer) };
    },
  };

  /** As the journal does: the second claim of a firing is answered with the job of the first. */
  async make(schedule: Schedule, firing: Firing): Promise<{ jobId: string }> {
    await Promise.resolve();
    const jobId = `${schedule.id}/${firing.backfill ?? ''}/${firing.at}`;
    if (!this.jobs.has(jobId)) this.jobs.set(jobId, { firing, endsAt: this.now + this.jobLasts });
    return { jobId };
  }

  async job(jobId: string): Promise<JobView | undefined> {
    await Promise.resolve();
    const job = this.jobs.get(jobId);
    if (job === undefined) return undefined;
    const status = job.endsAt <= this.now ? 'completed' : 'running';
    return { progress: { status } } as unknown as JobView;
  }

  /** Lets everything happen that is due before the next timer, then moves on to it. */
  async tick(): Promise<void> {
    for (let turns = 0; turns < 40; turns++) await new Promise((resolve) => setImmediate(resolve));
    const next = Math.min(...[...this.timers].map(({ at }) => at));
    if (next === Infinity) this.now += MINUTE;
    else this.now = Math.max(this.now, next);
    for (const timer of [...this.timers].filter(({ at }) => at <= this.now)) {
      this.timers.delete(timer);
      timer.callback();
    }
  }
}

/** A process that dies at the `dies`th of its calls: before it is done, or after. */
class Process {
  readonly runner: ScheduleRunner;
  dead = false;
  #calls = 0;

  constructor(
    readonly world: World,
    readonly dies: number,
  ) {
    const { schedules } = world;
    const store: ScheduleStore = {
      create: (schedule) => schedules.create(schedule),
      get: (ref) => this.#call(() => schedules.get(ref)),
      replace: (schedule) => this.#call(() => schedules.replace(schedule)),
      delete: (ref) => schedules.delete(ref),
      list: (query) => schedules.list(query),
      waking: (limit) => this.#call(() => schedules.waking(limit)),
    };
    this.runner = new ScheduleRunner({
      schedules: store,
      projections: { job: ({ jobId }) => this.#call(() => world.job(jobId)) },
      tracker: { subscribe: () => noop },
      submit: (schedule, firing) => this.#call(() => world.make(schedule, firing)),
      cancel: async (job) => {
        await Promise.resolve();
        const there = world.jobs.get(job.jobId);
        if (there !== undefined) there.endsAt = Math.min(there.endsAt, world.now);
      },
      clock: world.clock,
      logger: SILENT,
    });
    this.runner.start();
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    const call = ++this.#calls;
    if (this.dead || (call >= this.dies && call % 2 === 0)) return this.#die();
    const answer = await work();
    if (call >= this.dies) return this.#die();
    return answer;
  }

  #die(): never {
    this.dead = true;
    void this.runner.stop();
    throw new StoreUnavailable('gone');
  }
}

function noop(): void {
  // Nothing is logged and nothing subscribed.
}

describe('instances that share schedules', () => {
  it('make one job of each firing, whichever of them die, and when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...OVERLAP_POLICIES),
        fc.constantFrom(0, 2_000, 4 * MINUTE),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 0, maxLength: 12 }),
        async (overlap, jobLasts, instances, deaths) => {
          const world = new World(jobLasts);
          const spec = { timing: TIMING, overlap, maxWaiting: 100, missed: 'all' } as const;
          await world.schedules.create(aSchedule(spec));
          const next = (): Process => new Process(world, deaths.pop() ?? Infinity);
          let running = Array.from({ length: instances }, next);
          const end = START + RUNS_FOR + 6 * MINUTE;
          while (world.now < end) {
            await world.tick();
            running = running.map((process) => (process.dead ? next() : process));
          }
          for (const { runner } of running) await runner.stop();

          const expected =
            firingsBetween(firingTimes(TIMING), START + 1, START + RUNS_FOR, 1_000) ?? [];
          const made = [...world.jobs.values()]
            .map(({ firing }) => firing.at)
            .filter((at) => at < START + RUNS_FOR);
          expect(made).toEqual(expected);
          const [schedule] = await world.schedules.waking(1);
          const started = schedule?.state.recent.filter(({ outcome }) => outcome === 'started');
          const noted = started?.map(({ at }) => at).filter((at) => at < START + RUNS_FOR);
          expect(noted?.reverse()).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    );
  }, 60_000);

  it('cancel what is replaced, and never run two at once', async () => {
    const world = new World(12 * MINUTE);
    await world.schedules.create(aSchedule({ timing: TIMING, overlap: 'replace' }));
    const [one, two] = [new Process(world, Infinity), new Process(world, Infinity)];
    while (world.now < START + RUNS_FOR) {
      await world.tick();
      const live = [...world.jobs.values()].filter(({ endsAt }) => endsAt > world.now);
      expect(live.length).toBeLessThan(2);
    }
    await Promise.all([one.runner.stop(), two.runner.stop()]);
    expect(world.jobs.size).toBeGreaterThan(10);
  }, 60_000);
});
