import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ServiceProcess } from '../../support/service-process.js';
import { waitUntil } from '../../support/wait-until.js';
import { HELD_ATTEMPT } from '../service/points.js';

/** Slots of each instance. */
export const SLOTS = 6;
const ACCEPT_LIMIT_MS = 60_000;
const RETRY = { max_attempts: 100, strategy: 'fixed', delay: 0.1, jitter: 'none' } as const;

interface JobAnswer {
  readonly id: string;
}

/**
 * Jobs whose commands each leave a line with their attempt id in a ledger: what really ran, and how
 * often. The first attempts of the nodes `hold` run until the gate is opened.
 */
export class Workload {
  /** The ids of accepted jobs, by their names, which are their Idempotency-Keys, too. */
  readonly accepted = new Map<string, string>();
  readonly ledger: string;
  readonly #gate: string;
  #submitted = 0;

  constructor(folder: string) {
    this.ledger = path.join(folder, 'ledger');
    this.#gate = path.join(folder, 'gate');
    writeFileSync(this.ledger, '');
  }

  /** The attempt ids that commands have left, in their order. */
  get ran(): readonly string[] {
    return readFileSync(this.ledger, 'utf8').split('\n').slice(0, -1);
  }

  /** An attempt runs that waits for the gate. */
  get isHolding(): boolean {
    return this.ran.some((attempt) => attempt.endsWith(HELD_ATTEMPT));
  }

  openGate(): void {
    writeFileSync(this.#gate, '');
  }

  /** Submits jobs, one after the other, each until there is a 202. */
  async submit(jobs: number, to: () => readonly ServiceProcess[]): Promise<void> {
    for (let job = 0; job < jobs; job++) {
      const name = `job-${++this.#submitted}`;
      await this.#submitUntilAccepted(name, this.#job(), to);
    }
  }

  /** A job that ends only when all slots of an instance can be held at once. */
  async submitFull(to: ServiceProcess, folder: string): Promise<void> {
    const name = `full-${++this.#submitted}`;
    const met = path.join(folder, name);
    const nodes = Array.from({ length: SLOTS }, (_, at) =>
      this.#command(
        `n${at}`,
        [],
        `mkdir -p '${met}'; me='${met}'/$BATON_NODE_ID; touch $me; i=0
         until [ $(ls '${met}' | wc -l) -ge ${SLOTS} ]; do
           i=$((i+1)); if [ $i -gt 200 ]; then rm $me; exit 1; fi; sleep 0.05
         done`,
        3,
      ),
    );
    await this.#submitUntilAccepted(name, { dag_definition: { nodes } }, () => [to]);
  }

  async #submitUntilAccepted(
    name: string,
    job: object,
    to: () => readonly ServiceProcess[],
  ): Promise<void> {
    let tries = 0;
    await waitUntil(
      async () => {
        const there = to();
        const service = there[tries++ % there.length];
        const answer = await service
          ?.call<JobAnswer>('POST', '/job', { name, ...job }, { 'idempotency-key': name })
          .catch(() => undefined);
        if (answer === undefined) return false;
        if (answer.status === 503 && answer.headers.has('retry-after')) return false;
        if (answer.status !== 202) {
          throw new Error(`submit answered ${answer.status}: ${JSON.stringify(answer.body)}`);
        }
        this.accepted.set(name, answer.body.id);
        return true;
      },
      ACCEPT_LIMIT_MS,
      50,
    );
  }

  #job(): object {
    const hold = `if [ $BATON_ATTEMPT = 1 ]; then i=0
      while [ ! -e '${this.#gate}' ] && [ $i -lt 2400 ]; do i=$((i+1)); sleep 0.05; done; fi`;
    return {
      dag_definition: {
        nodes: [
          { id: 'source', type: 'noop' },
          this.#command('a', ['source'], 'sleep 0.05'),
          this.#command('hold', ['source'], hold),
          this.#command('flaky', ['source'], '[ $BATON_ATTEMPT != 1 ]'),
          { id: 'wait', type: 'delay', needs: ['source'], config: { seconds: 0.3 } },
          this.#command('sink', ['a', 'hold', 'flaky', 'wait'], 'true'),
        ],
      },
    };
  }

  #command(id: string, needs: readonly string[], script: string, attempts = 100): object {
    return {
      id,
      type: 'shell',
      needs,
      config: { script: `echo "$BATON_ATTEMPT_ID" >> '${this.ledger}'\n${script}` },
      retry: { ...RETRY, max_attempts: attempts },
    };
  }
}
