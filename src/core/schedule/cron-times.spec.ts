import { describe, expect, it } from '@jest/globals';
import { checkCron, checkZone, cronTimes } from './cron-times.js';
import { firingsBetween } from './firing-times.js';

/** The firings of a day and a half from a local midnight in a zone: as its clocks show them, and in UTC. */
function around(cron: string, zone: string, from: string, hours: number): string[] {
  const start = Date.parse(from);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' });
  const found = firingsBetween(cronTimes({ cron, zone }), start, start + hours * 3_600_000, 1_000);
  return (found ?? []).map(
    (at) => `${clock.format(at)} = ${new Date(at).toISOString().slice(11, 16)}Z`,
  );
}

describe('when clocks go forward', () => {
  // Berlin, 29 March 2026: 02:00 +01:00 is followed by 03:00 +02:00, at 01:00Z.
  const berlin = '2026-03-28T23:00:00Z';

  it('a fixed time that is skipped fires at the moment of the change', () => {
    expect(around('30 2 * * *', 'Europe/Berlin', berlin, 24)).toEqual(['03:00 = 01:00Z']);
    expect(around('0 2 * * *', 'Europe/Berlin', berlin, 24)).toEqual(['03:00 = 01:00Z']);
    // New York, 8 March 2026, at 07:00Z; Lord Howe, 4 October 2026: 02:00 becomes 02:30, at 15:30Z.
    expect(around('15 2 * * *', 'America/New_York', '2026-03-08T05:00:00Z', 23)).toEqual([
      '03:00 = 07:00Z',
    ]);
    expect(around('15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T13:30:00Z', 23.5)).toEqual([
      '02:30 = 15:30Z',
    ]);
  });

  it('several fixed times that are skipped fire together, once', () => {
    expect(around('0,20,40 2,4 * * *', 'Europe/Berlin', berlin, 5)).toEqual([
      '03:00 = 01:00Z',
      '04:00 = 02:00Z',
      '04:20 = 02:20Z',
      '04:40 = 02:40Z',
    ]);
    expect(around('0 2,3 * * *', 'Europe/Berlin', berlin, 5)).toEqual(['03:00 = 01:00Z']);
  });

  it('a fixed time that is not skipped fires as ever', () => {
    expect(around('45 2 * * *', 'Australia/Lord_Howe', '2026-10-03T13:30:00Z', 23.5)).toEqual([
      '02:45 = 15:45Z',
    ]);
  });

  it('a pattern that repeats goes on after as long as ever', () => {
    expect(around('0 * * * *', 'Europe/Berlin', berlin, 4)).toEqual([
      '00:00 = 23:00Z',
      '01:00 = 00:00Z',
      '03:00 = 01:00Z',
      '04:00 = 02:00Z',
    ]);
    expect(around('*/30 * * * *', 'America/New_York', '2026-03-08T06:00:00Z', 2)).toEqual([
      '01:00 = 06:00Z',
      '01:30 = 06:30Z',
      '03:00 = 07:00Z',
      '03:30 = 07:30Z',
    ]);
    // There, the full hour is skipped and the half is not.
    expect(around('0 * * * *', 'Australia/Lord_Howe', '2026-10-03T14:30:00Z', 2)).toEqual([
      '01:00 = 14:30Z',
      '03:00 = 16:00Z',
    ]);
    expect(around('*/30 * * * *', 'Australia/Lord_Howe', '2026-10-03T14:30:00Z', 2)).toEqual([
      '01:00 = 14:30Z',
      '01:30 = 15:00Z',
      '02:30 = 15:30Z',
      '03:00 = 16:00Z',
    ]);
  });
});

describe('when clocks go back', () => {
  // Berlin, 25 October 2026: 03:00 +02:00 is followed by 02:00 +01:00, at 01:00Z.
  const berlin = '2026-10-24T22:00:00Z';

  it('a fixed time that occurs twice fires the first time', () => {
    expect(around('30 2 * * *', 'Europe/Berlin', berlin, 25)).toEqual(['02:30 = 00:30Z']);
    expect(around('0,30 2,3 * * *', 'Europe/Berlin', berlin, 25)).toEqual([
      '02:00 = 00:00Z',
      '02:30 = 00:30Z',
      '03:00 = 02:00Z',
      '03:30 = 02:30Z',
    ]);
    expect(around('30 1 * * *', 'America/New_York', '2026-11-01T04:00:00Z', 25)).toEqual([
      '01:30 = 05:30Z',
    ]);
    // Lord Howe, 5 April 2026: 02:00 becomes 01:30, at 15:00Z.
    expect(around('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T13:00:00Z', 24.5)).toEqual([
      '01:45 = 14:45Z',
    ]);
  });

  it('a pattern that repeats fires both times', () => {
    expect(around('0 * * * *', 'Europe/Berlin', berlin, 5)).toEqual([
      '00:00 = 22:00Z',
      '01:00 = 23:00Z',
      '02:00 = 00:00Z',
      '02:00 = 01:00Z',
      '03:00 = 02:00Z',
    ]);
    expect(around('*/30 * * * *', 'America/New_York', '2026-11-01T05:00:00Z', 3)).toEqual([
      '01:00 = 05:00Z',
      '01:30 = 05:30Z',
      '01:00 = 06:00Z',
      '01:30 = 06:30Z',
      '02:00 = 07:00Z',
      '02:30 = 07:30Z',
    ]);
    expect(around('*/30 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:00:00Z', 2.5)).toEqual([
      '01:00 = 14:00Z',
      '01:30 = 14:30Z',
      '01:30 = 15:00Z',
      '02:00 = 15:30Z',
      '02:30 = 16:00Z',
    ]);
    expect(around('0 * * * *', 'Australia/Lord_Howe', '2026-04-04T14:00:00Z', 2.5)).toEqual([
      '01:00 = 14:00Z',
      '02:00 = 15:30Z',
    ]);
  });
});

describe('the firing times of a pattern', () => {
  it('are the same wherever one begins to ask, and backwards', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago'];
    const crons = ['30 2 * * *', '0 0,1,2,3 * * *', '0 * * * *', '*/20 * * * *', '30 0 * * 0'];
    // The Sundays on which one of them changes its clocks.
    const days = ['03-08', '03-29', '04-05', '09-06', '10-04', '10-25', '11-01'];
    const wrong: unknown[] = [];
    for (const zone of zones) {
      for (const cron of crons) {
        const times = cronTimes({ cron, zone });
        for (const day of days) {
          const from = Date.parse(`2026-${day}T00:00:00Z`) - 86_400_000;
          const to = from + 3 * 86_400_000;
          const all = firingsBetween(times, from, to, 1_000) ?? [];
          expect(times.last(to, all.length)).toEqual([...all].reverse());
          for (const [at, firing] of all.entries()) {
            const before = all[at - 1] ?? from - 1;
            for (const share of [0, 0.37, 0.99]) {
              const asked = Math.floor(before + share * (firing - before - 1));
              if (times.next(asked) !== firing) wrong.push([zone, cron, asked, firing]);
            }
          }
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('are at whole seconds, of patterns with six fields', () => {
    const times = cronTimes({ cron: '*/20 * * * * *', zone: 'UTC' });
    expect(times.next(20_000)).toBe(40_000);
    expect(times.next(39_999)).toBe(40_000);
    expect(times.last(40_000, 2)).toEqual([20_000, 0]);
    expect(times.last(40_001, 2)).toEqual([40_000, 20_000]);
    expect(times.last(40_999, 1)).toEqual([40_000]);
  });
});

describe('checkCron', () => {
  it.each(['0 2 * * 1-5', '*/10 * * * * *', '@daily', '0 0 L * *', '0 9 * * MON#2', '0 0 29 2 *'])(
    'takes %s',
    (cron) => expect(checkCron(cron)).toBeUndefined(),
  );

  it.each([
    ['', /five fields/],
    ['* * * *', /five fields/],
    ['* * * * * * 2027', /five fields/],
    ['2026-11-21T00:00:00', /five fields/],
    ['@reboot', /five fields/],
    ['60 * * * *', /minute: 60/],
    ['0 0 * * 8', /dayOfWeek: 8/],
    ['*/0 * * * *', /stepping/],
    ['x * * * *', /illegal/],
    ['0 0 30 2 *', /some date/],
    [`${'0,'.repeat(100)}0 * * * *`, /200 characters/],
  ])('says what is wrong with %j', (cron, message) => expect(checkCron(cron)).toMatch(message));
});

describe('checkZone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+2'])(
    'takes %s',
    (zone) => expect(checkZone(zone)).toBeUndefined(),
  );

  it.each(['Europe/Atlantis', '+02:00', '', ' UTC', 'GMT+2', '../UTC'])('refuses %j', (zone) =>
    expect(checkZone(zone)).toMatch(/IANA/),
  );
});
