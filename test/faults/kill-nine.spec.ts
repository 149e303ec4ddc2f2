import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { builtService } from '../support/build.js';
import { SECRET, token } from '../support/service.js';
import { ServiceProcess } from '../support/service-process.js';
import { waitUntil } from '../support/wait-until.js';

const KILLS = process.env['FAULTS_FORM'] === 'long' ? 200 : 20;
const LIMIT_MS = 120_000 + KILLS * 24_000;
const JOBS_A_LIFE = 6;

interface JobAnswer {
  readonly id: string;
  readonly status: string;
}

/** A job whose commands each leave a line with their attempt id: what really ran, and how often. */
function jobOf(name: string, ledger: string): object {
  const note = (id: string, seconds: number, needs: readonly string[] = []): object => ({
    id,
    type: 'shell',
    needs,
    config: { script: `echo "$BATON_ATTEMPT_ID" >> '${ledger}'; sleep ${seconds}` },
    retry: { max_attempts: 100, strategy: 'fixed', delay: 0, jitter: 'none' },
  });
  return {
    name,
    dag_definition: {
      nodes: [
        { id: 'source', type: 'noop' },
        ...['a', 'b', 'c'].map((id) => note(id, 0.05, ['source'])),
        { id: 'wait', type: 'delay', needs: ['source'], config: { seconds: 0.2 } },
        note('long', 0.4, ['a']),
        note('sink', 0, ['a', 'b', 'c', 'wait', 'long']),
      ],
    },
  };
}

describe('kill -9 of the service, at random moments, under load', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'baton-kill-'));
  const ledger = path.join(folder, 'ledger');
  const service = new ServiceProcess(
    path.join(folder, 'data'),
    {
      SUBMIT_PER_MINUTE: '1000000',
      MAX_RUNNING_NODES: '8',
      MAX_RUNNING_JOBS: '20',
      LOG_LEVEL: 'warn',
      JWT_SECRET_KEY: SECRET,
    },
    { build: builtService(), token: token({ sub: 'ada', exp: 4e9 }) },
  );

  beforeAll(async () => {
    writeFileSync(ledger, '');
    await service.start();
  });

  afterAll(async () => {
    await service.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    `loses no accepted job and repeats no attempt over ${KILLS} kills`,
    async () => {
      const accepted = new Map<string, string>();
      const seed = Number(process.env['SEED'] ?? Date.now() % 1e6);
      console.log(`seed ${seed} (SEED=${seed} repeats the moments of the kills)`);
      let state = seed;
      const random = (): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
      };
      let dead = false;

      /** Submits under a key until there is a 202, whatever happens to the service meanwhile. */
      const submit = async (name: string): Promise<void> => {
        for (;;) {
          const answer = await service
            .call<JobAnswer>('POST', '/job', jobOf(name, ledger), { 'idempotency-key': name })
            .catch(() => undefined);
          if (answer?.status === 202) {
            const known = accepted.get(name);
            if (known !== undefined) expect(answer.body.id).toBe(known);
            accepted.set(name, answer.body.id);
            return;
          }
          if (answer !== undefined && answer.status !== 503) {
            throw new Error(`submit answered ${answer.status}: ${JSON.stringify(answer.body)}`);
          }
          await waitUntil(() => !dead, 60_000, 10);
        }
      };

      const submissions: Promise<void>[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        for (let job = 0; job < JOBS_A_LIFE; job++) submissions.push(submit(`job-${kill}-${job}`));
        const moment = performance.now() + 30 + random() * 900;
        await waitUntil(() => performance.now() >= moment);
        dead = true;
        await service.kill();
        await service.start();
        dead = false;
      }
      await Promise.all(submissions);
      expect(accepted.size).toBe(KILLS * JOBS_A_LIFE);

      const jobs = [...accepted.values()];
      await waitUntil(
        async () => {
          const page = await service.call<{ total: number }>(
            'GET',
            '/jobs?status=queued&status=running&limit=1',
          );
          return page.body.total === 0;
        },
        120_000,
        200,
      );

      const lines = readFileSync(ledger, 'utf8').trim().split('\n');
      const runs = new Map<string, number>();
      for (const attemptId of lines) runs.set(attemptId, (runs.get(attemptId) ?? 0) + 1);
      expect([...runs].filter(([, count]) => count > 1)).toEqual([]);

      let interrupted = 0;
      for (const id of jobs) {
        const job = await service.call<JobAnswer>('GET', `/job/${id}`);
        expect(job.body.status).toBe('completed');
        const { body } = await service.call<{
          events: { type: string; node?: string; attempt?: number; error?: { code: string } }[];
        }>('GET', `/job/${id}/events?limit=1000`);
        const of = (type: string): typeof body.events =>
          body.events.filter((event) => event.type === type);
        expect(
          of('node_completed')
            .map((event) => event.node)
            .sort(),
        ).toEqual(['a', 'b', 'c', 'long', 'sink', 'source', 'wait']);
        expect(of('job_finished')).toHaveLength(1);
        const starts = of('node_started').map((event) => `${event.node}/${event.attempt}`);
        expect(new Set(starts).size).toBe(starts.length);
        interrupted += of('node_retrying').filter(
          (event) => event.error?.code === 'attempt_interrupted',
        ).length;
        for (const node of ['a', 'b', 'c', 'long', 'sink']) {
          const last = Math.max(
            ...of('node_started')
              .filter((event) => event.node === node)
              .map((event) => event.attempt ?? 0),
          );
          expect(runs.get(`${id}/${node}/${last}`)).toBe(1);
        }
      }
      console.log(
        `${jobs.length} jobs, ${runs.size} attempts of commands, ${interrupted} interrupted by ${KILLS} kills`,
      );
      expect(interrupted).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});
