import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, expectProblem, jobOf, QUICK } from '../support/client.js';
import { startService, token } from '../support/service.js';
import type { Service } from '../support/service.js';

let service: Service;
let anna: Client;
beforeAll(async () => {
  service = await startService();
  anna = new Client(service);
});
afterAll(() => service.dispose());

const key = (value: string): Record<string, string> => ({ 'idempotency-key': value });
const OTHER = jobOf([{ id: 'b', type: 'noop' }]);

describe('Idempotency-Key', () => {
  it('answers a repeat with the first job', async () => {
    const before = await anna.jobCount();
    const first = await anna.submit(QUICK, key('repeat'));
    const again = await anna.submit(QUICK, key('repeat'));
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.json['id']).toBe(first.json['id']);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await anna.jobCount()).toBe(before + 1);
  });

  it('refuses another body under the same key', async () => {
    const first = await anna.submit(QUICK, key('misuse'));
    expect(first.status).toBe(202);
    const before = await anna.jobCount();
    const other = await anna.submit(OTHER, key('misuse'));
    expectProblem(other, 422, 'idempotency_key_reused');
    expect(other.json['errors']).toMatchObject([{ in: 'header' }]);
    expect(await anna.jobCount()).toBe(before);
  });

  it('makes one job of many requests at once', async () => {
    const before = await anna.jobCount();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => anna.submit(QUICK, key('race'))),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    expect(new Set(answers.map((answer) => answer.json['id'])).size).toBe(1);
    expect(await anna.jobCount()).toBe(before + 1);
  });

  it('lets one of two bodies win a race', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        anna.submit(index % 2 === 0 ? QUICK : OTHER, key('bodies')),
      ),
    );
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(5);
    expect(answers.filter((answer) => answer.status === 422)).toHaveLength(5);
  });

  it('does not remember a request that was refused', async () => {
    const bad = await anna.submit(jobOf([]), key('second chance'));
    expectProblem(bad, 422, 'invalid_definition');
    expect((await anna.submit(QUICK, key('second chance'))).status).toBe(202);
  });

  it('belongs to one user of one tenant', async () => {
    const first = await anna.submit(QUICK, key('mine'));
    for (const claims of [{ sub: 'bob' }, { tenant: 'other' }]) {
      const other = await new Client(service, token(claims)).submit(OTHER, key('mine'));
      expect(other.status).toBe(202);
      expect(other.json['id']).not.toBe(first.json['id']);
    }
  });

  it.each(['', 'x'.repeat(256), 'caf\u00e9'])('refuses the key "%s"', async (bad) => {
    const before = await anna.jobCount();
    const answer = await anna.submit(QUICK, key(bad));
    expectProblem(answer, 422, 'invalid_request');
    expect(await anna.jobCount()).toBe(before);
  });

  it('holds across a restart', async () => {
    const first = await anna.submit(QUICK, key('restart'));
    await service.stop();
    service = await service.restart();
    anna = new Client(service);
    const again = await anna.submit(QUICK, key('restart'));
    expect(again.json['id']).toBe(first.json['id']);
  });
});
