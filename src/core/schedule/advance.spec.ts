import { describe, expect, it } from '@jest/globals';
import { advance, PENDING_MS, POLL_MS } from './advance.js';
import { LATE_MS } from './due-firings.js';
import { jitterOf } from './jitter.js';
import { aSchedule, HOUR, MINUTE, START } from './schedule.fixture.js';
import type { ActiveRun, Schedule } from './schedule.js';
import { settle } from './settle.js';

const NONE: ReadonlySet<string> = new Set();
const running = (at = START): ActiveRun => ({ at, jobId: 'job_1', since: at });

/** Makes the jobs of what is pending. */
function makeAll(schedule: Schedule, now: number): Schedule {
  const made = schedule.state.pending.map((firing) => ({
    firing,
    result: { jobId: `job_${firing.backfill ?? ''}${firing.at}` },
  }));
  return settle(schedule, made, now);
}

describe('advance', () => {
  it('lets a firing go when it is due, and no sooner', () => {
    const early = advance(aSchedule(), START + HOUR - 1, NONE);
    expect(early.schedule.state.pending).toEqual([]);
    expect(early.schedule.wakeAt).toBe(START + HOUR);
    const { schedule } = advance(aSchedule(), START + HOUR, NONE);
    expect(schedule.state).toMatchObject({
      pending: [{ at: START + HOUR }],
      decidedTo: START + HOUR,
    });
    expect(schedule.wakeAt).toBe(START + HOUR + PENDING_MS);
  });

  it('decides nothing while jobs are to be made, and notes them when they are', () => {
    const due = advance(aSchedule(), START + HOUR, NONE).schedule;
    expect(advance(due, START + 2 * HOUR, NONE).schedule).toBe(due);
    const { state, wakeAt } = makeAll(due, START + HOUR + 5);
    expect(state.pending).toEqual([]);
    expect(state.active).toEqual([
      { at: START + HOUR, jobId: `job_${START + HOUR}`, since: START + HOUR + 5 },
    ]);
    expect(state.recent).toMatchObject([{ at: START + HOUR, outcome: 'started' }]);
    expect(wakeAt).toBe(START + HOUR + 5);
  });

  it('notes why no job could be made, and goes on', () => {
    const due = advance(aSchedule(), START + HOUR, NONE).schedule;
    const noted = settle(
      due,
      [{ firing: { at: START + HOUR }, result: { refused: 'No such template.' } }],
      START + HOUR,
    );
    expect(noted.state.recent).toMatchObject([{ outcome: 'failed', reason: 'No such template.' }]);
    expect(advance(noted, START + HOUR, NONE).schedule.wakeAt).toBe(START + 2 * HOUR);
  });

  it('changes nothing when nothing is due', () => {
    const { schedule } = advance(aSchedule(), START, NONE);
    expect(advance(schedule, START + 1, NONE).schedule).toBe(schedule);
  });

  it('does nothing while it is paused', () => {
    const paused = aSchedule({}, { paused: { at: START, by: 'anna' }, waiting: [{ at: START }] });
    const { schedule } = advance(paused, START + 5 * HOUR, NONE);
    expect(schedule.state).toMatchObject({ pending: [], decidedTo: START });
    expect(schedule.wakeAt).toBeUndefined();
  });

  it('never wakes again after its end', () => {
    const ending = aSchedule({ endsAt: START + HOUR + 1 });
    const due = makeAll(advance(ending, START + HOUR, NONE).schedule, START + HOUR);
    const { schedule } = advance(due, START + HOUR, new Set([`job_${START + HOUR}`]));
    expect(schedule.wakeAt).toBeUndefined();
    expect(schedule.state.active).toEqual([]);
  });

  describe('while the job of an earlier firing runs', () => {
    const now = START + HOUR;

    it('skips a firing', () => {
      const { schedule, cancel } = advance(aSchedule({}, { active: [running()] }), now, NONE);
      expect(schedule.state).toMatchObject({
        pending: [],
        waiting: [],
        recent: [{ at: now, outcome: 'skipped' }],
      });
      expect(cancel).toEqual([]);
    });

    it('lets it go when the job has ended', () => {
      const ended = new Set(['job_1']);
      const { state } = advance(aSchedule({}, { active: [running()] }), now, ended).schedule;
      expect(state).toMatchObject({ pending: [{ at: now }], active: [] });
    });

    it('queues it, up to a bound, and runs the queue one after the other', () => {
      const queueing = aSchedule({ overlap: 'queue', maxWaiting: 2 }, { active: [running()] });
      let { schedule } = advance(queueing, now, NONE);
      expect(schedule.wakeAt).toBe(now + POLL_MS);
      for (const hour of [2, 3]) ({ schedule } = advance(schedule, START + hour * HOUR, NONE));
      expect(schedule.state.waiting).toEqual([{ at: now }, { at: START + 2 * HOUR }]);
      expect(schedule.state.recent).toMatchObject([{ at: START + 3 * HOUR, outcome: 'skipped' }]);
      ({ schedule } = advance(schedule, START + 3 * HOUR + 1, new Set(['job_1'])));
      expect(schedule.state.pending).toEqual([{ at: now }]);
      expect(schedule.state.waiting).toEqual([{ at: START + 2 * HOUR }]);
    });

    it('has the job cancelled, and starts when it has ended', () => {
      const replacing = aSchedule({ overlap: 'replace' }, { active: [running()] });
      const first = advance(replacing, now, NONE);
      expect(first.cancel).toEqual(['job_1']);
      expect(first.schedule.state).toMatchObject({ pending: [], waiting: [{ at: now }] });
      // A later firing takes the place of one that still waits.
      const second = advance(first.schedule, now + HOUR, NONE);
      expect(second.cancel).toEqual(['job_1']);
      expect(second.schedule.state.recent).toMatchObject([{ at: now, outcome: 'skipped' }]);
      const third = advance(second.schedule, now + HOUR + 1, new Set(['job_1']));
      expect(third.cancel).toEqual([]);
      expect(third.schedule.state.pending).toEqual([{ at: now + HOUR }]);
    });
  });

  describe('after an absence', () => {
    const back = START + 5 * HOUR + 30 * MINUTE;
    const [first, last] = [START + HOUR, START + 5 * HOUR];

    it('skips what was missed', () => {
      const { state } = advance(aSchedule({ missed: 'skip' }), back, NONE).schedule;
      expect(state.pending).toEqual([]);
      expect(state.recent).toEqual([
        { at: first, until: last, count: 5, outcome: 'missed', decidedAt: back },
      ]);
    });

    it('makes up for it with one run', () => {
      const { state } = advance(aSchedule({ missed: 'latest' }), back, NONE).schedule;
      expect(state.pending).toEqual([{ at: last }]);
      expect(state.recent).toMatchObject([{ at: first, until: last - HOUR, count: 4 }]);
    });

    it('makes up for all of it, in order, whatever the overlap policy', () => {
      for (const overlap of ['skip', 'queue', 'replace'] as const) {
        const { schedule, cancel } = advance(aSchedule({ missed: 'all', overlap }), back, NONE);
        expect(schedule.state.pending).toEqual([{ at: first }]);
        expect(schedule.state.waiting).toEqual(
          [2, 3, 4, 5].map((hour) => ({ at: START + hour * HOUR, madeUp: true })),
        );
        expect(cancel).toEqual([]);
      }
    });

    it('makes up for the latest hundred at most, and says how many it knows were missed', () => {
      const timing = { interval: MINUTE, anchor: 0 };
      const { state } = advance(aSchedule({ missed: 'all', timing }), back, NONE).schedule;
      expect(state.pending.length + state.waiting.length).toBe(101);
      expect(state.recent).toMatchObject([
        { at: START + MINUTE, count: 330 - LATE_MS / MINUTE - 100 },
      ]);
      const secondly = { interval: 1000, anchor: 0 };
      const many = advance(aSchedule({ missed: 'skip', timing: secondly }), back, NONE).schedule;
      expect(many.state.recent.at(-1)).toMatchObject({ count: 1_000, more: true });
    });

    it('takes a firing that is a little late for one on time', () => {
      for (const missed of ['skip', 'latest', 'all'] as const) {
        const late = START + HOUR + LATE_MS - 1;
        const { state } = advance(aSchedule({ missed }), late, NONE).schedule;
        expect(state.pending).toEqual([{ at: START + HOUR }]);
      }
    });
  });

  it('puts firings off by their jitter, in their order', () => {
    const jitter = 3 * HOUR;
    let schedule = aSchedule({ jitter, overlap: 'queue', maxWaiting: 100 });
    const firings = Array.from({ length: 20 }, (_, at) => START + (at + 1) * HOUR);
    let last = 0;
    for (const at of firings) {
      const due = Math.max(last, at + jitterOf('sch_1', at, jitter));
      if (due > last) {
        const early = advance(schedule, due - 1, NONE).schedule;
        expect(early.state.decidedTo).toBeLessThan(at);
      }
      ({ schedule } = advance(schedule, due, NONE));
      expect(schedule.state.decidedTo).toBeGreaterThanOrEqual(at);
      schedule = { ...schedule, state: { ...schedule.state, pending: [], waiting: [] } };
      last = due;
    }
    expect(schedule.state.recent).toEqual([]);
  });

  it('runs a backfill, a few at once, beside what fires now', () => {
    const backfill = {
      id: 'bf_1',
      timing: { interval: HOUR, anchor: 0 },
      from: START - 3 * HOUR,
      to: START,
      concurrency: 2,
      total: 3,
      requestedAt: START,
      requestedBy: 'anna',
      next: START - 3 * HOUR,
      started: 0,
      failed: 0,
    };
    const asked = aSchedule({}, { backfills: [backfill] });
    let { schedule } = advance(asked, START, NONE);
    expect(schedule.state.pending).toEqual([
      { at: START - 3 * HOUR, backfill: 'bf_1' },
      { at: START - 2 * HOUR, backfill: 'bf_1' },
    ]);
    schedule = makeAll(schedule, START);
    expect(schedule.state.backfills).toMatchObject([{ started: 2, failed: 0 }]);
    ({ schedule } = advance(schedule, START + HOUR, NONE));
    // Its jobs are in nobody's way.
    expect(schedule.state.pending).toEqual([{ at: START + HOUR }]);
    schedule = makeAll(schedule, START + HOUR);
    const first = new Set([`job_bf_1${START - 3 * HOUR}`]);
    ({ schedule } = advance(schedule, START + HOUR + 1, first));
    expect(schedule.state.pending).toEqual([{ at: START - HOUR, backfill: 'bf_1' }]);
    schedule = makeAll(schedule, START + HOUR + 1);
    const all = new Set(schedule.state.active.map(({ jobId }) => jobId));
    ({ schedule } = advance(schedule, START + HOUR + 2, all));
    expect(schedule.state.backfills).toMatchObject([
      { started: 3, finishedAt: START + HOUR + 2, next: START },
    ]);
    expect(schedule.wakeAt).toBe(START + 2 * HOUR);
  });
});

describe('jitterOf', () => {
  it('is spread evenly, and the same every time', () => {
    const counts = new Array<number>(10).fill(0);
    for (let at = 0; at < 10_000; at++) {
      const jitter = jitterOf('sch_1', START + at * MINUTE, 1000);
      expect(jitterOf('sch_1', START + at * MINUTE, 1000)).toBe(jitter);
      counts[Math.floor(jitter / 100)] = (counts[Math.floor(jitter / 100)] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1150);
    expect(jitterOf('sch_2', START, 1000)).not.toBe(jitterOf('sch_1', START, 1000));
    expect(jitterOf('sch_1', START, 0)).toBe(0);
  });
});
