import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { deepStrictEqual } from 'node:assert';
import { advance } from './advance.js';
import { firingsBetween, firingTimes } from './firing-times.js';
import { aSchedule, HOUR, MINUTE } from './schedule.fixture.js';
import { OVERLAP_POLICIES, type Schedule } from './schedule.js';
import { settle } from './settle.js';
import type { Timing } from './timing.js';

/** From the hours before a Sunday on which clocks change, somewhere. */
const BEGINNINGS = ['03-07', '03-28', '04-04', '10-03', '10-24', '10-31'].map((day) =>
  Date.parse(`2026-${day}T20:00:00Z`),
);
const CRONS = ['*/15 * * * *', '30 2 * * *', '0 * * * *', '0,20,40 1-3 * * *', '10 */2 * * *'];
const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'];
const TO_RUN = 14 * HOUR;

const timings = fc.oneof(
  fc.record({ cron: fc.constantFrom(...CRONS), zone: fc.constantFrom(...ZONES) }),
  fc.record({
    interval: fc.integer({ min: 9 * MINUTE, max: 5 * HOUR }),
    anchor: fc.integer({ min: 0, max: 5 * HOUR }),
  }),
) satisfies fc.Arbitrary<Timing>;

interface Outage {
  readonly after: number;
  readonly lasts: number;
}

/** Runs a schedule whose jobs end at once, with nobody there in the outages; answers what it started. */
function run(schedule: Schedule, end: number, outages: readonly Outage[]): number[] {
  const started: number[] = [];
  const away = outages.map(({ after, lasts }) => [
    schedule.state.decidedTo + after,
    schedule.state.decidedTo + after + lasts,
  ]);
  let at = schedule.state.decidedTo;
  let standing = schedule;
  while (at <= end) {
    const ended = new Set(standing.state.active.map(({ jobId }) => jobId));
    standing = advance(standing, at, ended).schedule;
    const { pending } = standing.state;
    if (pending.length > 0) {
      started.push(...pending.map((firing) => firing.at));
      const made = pending.map((firing) => ({ firing, result: { jobId: `job_${firing.at}` } }));
      standing = settle(standing, made, at);
    }
    at = Math.max(at, standing.wakeAt ?? Infinity);
    // Who was away in between looks when he is back.
    for (const [from = 0, to = 0] of away) if (at >= from && at < to) at = to;
  }
  return started;
}

describe('a schedule that makes up for all that it missed', () => {
  it('starts what it would have started without outages, each once', () => {
    fc.assert(
      fc.property(
        timings,
        fc.constantFrom(...BEGINNINGS),
        fc.constantFrom(...OVERLAP_POLICIES),
        fc.constantFrom(0, 90_000, 5 * MINUTE),
        fc.array(
          fc.record({
            after: fc.integer({ min: 0, max: TO_RUN }),
            lasts: fc.integer({ min: 1, max: 8 * HOUR }),
          }),
          { maxLength: 4 },
        ),
        (timing, begins, overlap, jitter, outages) => {
          const schedule = {
            ...aSchedule({ timing, overlap, jitter, missed: 'all' }, { decidedTo: begins }),
            wakeAt: begins,
          };
          // Long enough for every outage and every jitter to be over.
          const end = begins + TO_RUN + 9 * HOUR;
          const started = run(schedule, end, outages).filter((at) => at <= begins + TO_RUN);
          const undisturbed = run(schedule, end, []).filter((at) => at <= begins + TO_RUN);
          const expected = firingsBetween(
            firingTimes(timing),
            begins + 1,
            begins + TO_RUN + 1,
            10_000,
          );
          deepStrictEqual(undisturbed, expected);
          deepStrictEqual(started, expected);
        },
      ),
      { numRuns: 100 },
    );
  });
});
