import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { ServiceProcess } from '../test/support/service-process.js';
import type { StorePlace } from './stores.js';
import { fan } from './workloads.js';

export interface HttpResult {
  readonly what: string;
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const RUNNING_JOBS = 100;
const CALLS = 2_000;
const AT_ONCE = 8;

/** A job that is still running at the end of the bench. */
const busy = {
  name: 'busy',
  dag_definition: {
    nodes: Array.from({ length: 400 }, (_, at) => ({
      id: `n${at}`,
      type: 'delay',
      config: { seconds: 0.2 },
      needs: at < 10 ? [] : [`n${at - 10}`],
    })),
  },
};

/** W8: status reads and submits over HTTP while 100 jobs run, in milliseconds. */
export async function measureHttp(root: string, place: StorePlace): Promise<HttpResult[]> {
  const service = new ServiceProcess(mkdtempSync(path.join(root, 'http-')), {
    SUBMIT_PER_MINUTE: '10000000',
    MAX_RUNNING_JOBS: '100000',
    LOG_LEVEL: 'warn',
    DATABASE_URL: place.url,
  });
  await service.start();
  try {
    const running = await Promise.all(
      Array.from({ length: RUNNING_JOBS }, () =>
        service.call<{ id: string }>('POST', '/job', busy),
      ),
    );
    const refused = running.find(({ status }) => status !== 202);
    if (refused !== undefined) throw new Error(`the busy job answered ${refused.status}`);
    const ids = running.map((answer) => answer.body.id);
    const submit = fan(8);
    return [
      await measure('status of a 400-node job', (call) =>
        service.call('GET', `/job/${ids[call % ids.length] ?? ''}`),
      ),
      await measure('list of 50 jobs', () => service.call('GET', '/jobs')),
      await measure('submit of a 10-node job', () => service.call('POST', '/job', submit)),
    ];
  } finally {
    await service.kill();
  }
}

async function measure(
  what: string,
  call: (number: number) => Promise<{ readonly status: number }>,
): Promise<HttpResult> {
  const took: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < CALLS) {
      const number = next++;
      const began = performance.now();
      const { status } = await call(number);
      took.push(performance.now() - began);
      if (status >= 300) throw new Error(`${what} answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.floor(took.length * share)] ?? NaN;
  return { what, calls: CALLS, p50: at(0.5), p99: at(0.99), max: at(0.999999) };
}
