import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { aSchedule } from '../../src/core/schedule/schedule.fixture.js';
import type { Schedule, ScheduleRef } from '../../src/core/schedule/schedule.js';
import type { ScheduleStore } from '../../src/ports/schedule-store.js';
import { InvalidCursor } from '../../src/ports/store-errors.js';

export interface ScheduleStoreContract {
  readonly name: string;
  create(): Promise<{ readonly schedules: ScheduleStore }>;
  reopen(): Promise<{ readonly schedules: ScheduleStore }>;
  destroy(): Promise<void>;
}

const REF: ScheduleRef = { tenantId: 'acme', owner: 'anna', name: 'hourly' };
const named = (name: string, more: Partial<Schedule> = {}): Schedule => ({
  ...aSchedule({ run: { template: 'nightly', inputs: { 'a.$b': '$c\u0000é' } } }),
  name,
  id: `sch_${name}`,
  ...more,
});

export function scheduleStoreContract(contract: ScheduleStoreContract): void {
  describe(`schedule store: ${contract.name}`, () => {
    let schedules: ScheduleStore;
    beforeEach(async () => {
      ({ schedules } = await contract.create());
    });
    afterEach(() => contract.destroy());

    it('keeps a schedule as it was made', async () => {
      const schedule = named('hourly');
      expect(await schedules.create(schedule)).toBe(true);
      ({ schedules } = await contract.reopen());
      expect(await schedules.get(REF)).toStrictEqual(schedule);
    });

    it('has one of each name for each owner of each tenant', async () => {
      expect(await schedules.create(named('hourly'))).toBe(true);
      expect(await schedules.create(named('hourly', { id: 'sch_2' }))).toBe(false);
      expect(await schedules.create(named('hourly', { owner: 'bob' }))).toBe(true);
      expect(await schedules.create(named('hourly', { tenantId: 'zoo' }))).toBe(true);
      expect((await schedules.get(REF))?.id).toBe('sch_hourly');
      expect(await schedules.get({ ...REF, owner: 'carl' })).toBeUndefined();
      expect(await schedules.get({ ...REF, tenantId: 'nobody' })).toBeUndefined();
    });

    it('lets one of those who saw a version change it', async () => {
      await schedules.create(named('hourly'));
      const seen = (await schedules.get(REF)) as Schedule;
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, by) => schedules.replace({ ...seen, updatedAt: by })),
      );
      const won = answers.filter((answer) => answer !== undefined);
      expect(won).toHaveLength(1);
      expect(won[0]?.version).toBe(2);
      ({ schedules } = await contract.reopen());
      expect(await schedules.get(REF)).toStrictEqual(won[0]);
      expect(await schedules.replace(seen)).toBeUndefined();
      expect((await schedules.replace(won[0] as Schedule))?.version).toBe(3);
    });

    it('does not take a schedule for one of the same name before it', async () => {
      await schedules.create(named('hourly'));
      const seen = (await schedules.get(REF)) as Schedule;
      expect(await schedules.delete(REF)).toBe(true);
      expect(await schedules.delete(REF)).toBe(false);
      expect(await schedules.replace(seen)).toBeUndefined();
      expect(await schedules.get(REF)).toBeUndefined();
      await schedules.create(named('hourly', { id: 'sch_again' }));
      expect(await schedules.replace(seen)).toBeUndefined();
      expect((await schedules.get(REF))?.id).toBe('sch_again');
    });

    it('lists them by owner and name, in pages', async () => {
      const made = [
        ['bob', 'a'],
        ['anna', 'b'],
        ['anna', 'a'],
        ['anna', 'C'],
        ['carl', 'a'],
      ] as const;
      for (const [owner, name] of made) await schedules.create(named(name, { owner }));
      await schedules.create(named('a', { tenantId: 'zoo' }));
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await schedules.list({
          tenantId: 'acme',
          limit: 2,
          ...(cursor === undefined ? {} : { cursor }),
        });
        expect(page.total).toBe(5);
        names.push(...page.schedules.map(({ owner, name }) => `${owner}/${name}`));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(names).toEqual(['anna/C', 'anna/a', 'anna/b', 'bob/a', 'carl/a']);

      const first = await schedules.list({ tenantId: 'acme', owner: 'anna', limit: 2 });
      expect(first).toMatchObject({ total: 3, schedules: [{ name: 'C' }, { name: 'a' }] });
      const rest = { tenantId: 'acme', owner: 'anna', limit: 2, cursor: first.next ?? '' };
      const second = await schedules.list(rest);
      expect(second.schedules.map(({ name }) => name)).toEqual(['b']);
      expect(second.next).toBeUndefined();
      const empty = { schedules: [], total: 0 };
      expect(await schedules.list({ tenantId: 'none', limit: 5 })).toEqual(empty);
      expect(await schedules.list({ tenantId: 'acme', owner: 'dora', limit: 5 })).toEqual(empty);
      const foreign = Buffer.from('["a"]').toString('base64url');
      await expect(
        schedules.list({ tenantId: 'acme', limit: 1, cursor: foreign }),
      ).rejects.toBeInstanceOf(InvalidCursor);
    });

    it('answers those first that are to be looked at first', async () => {
      await schedules.create(named('late', { wakeAt: 3_000 }));
      await schedules.create(named('soon', { wakeAt: 1_000, tenantId: 'zoo' }));
      await schedules.create(named('then', { wakeAt: 2_000 }));
      await schedules.create(asleep(named('never')));
      const order = async (): Promise<string[]> =>
        (await schedules.waking(10)).map(({ name }) => name);
      expect(await order()).toEqual(['soon', 'then', 'late']);
      expect((await schedules.waking(1)).map(({ name }) => name)).toEqual(['soon']);
      const soon = (await schedules.waking(1))[0] as Schedule;
      await schedules.replace({ ...soon, wakeAt: 5_000 });
      const late = (await schedules.get({ ...REF, name: 'late' })) as Schedule;
      await schedules.replace(asleep(late));
      expect(await order()).toEqual(['then', 'soon']);
    });
  });
}

function asleep(schedule: Schedule): Schedule {
  const rest: { -readonly [K in keyof Schedule]: Schedule[K] } = { ...schedule };
  delete rest.wakeAt;
  return rest;
}
