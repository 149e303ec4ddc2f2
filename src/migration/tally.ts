import type { JobStatus } from '../core/job/status.js';

export interface TenantTally {
  readonly jobs: Partial<Record<JobStatus, number>>;
  records: number;
  nodes: number;
  testCases: number;
  templates: number;
  deadLetters: number;
  schedules: number;
}

/** What was counted in a store. */
export class Tally {
  readonly tenants = new Map<string, TenantTally>();
  tokens = 0;

  of(tenantId: string): TenantTally {
    let tenant = this.tenants.get(tenantId);
    if (tenant === undefined) {
      const none = { records: 0, nodes: 0, testCases: 0, templates: 0 };
      tenant = { jobs: {}, ...none, deadLetters: 0, schedules: 0 };
      this.tenants.set(tenantId, tenant);
    }
    return tenant;
  }

  get jobs(): number {
    return this.#sum(({ jobs }) => Object.values(jobs).reduce((sum, count) => sum + count, 0));
  }

  get records(): number {
    return this.#sum(({ records }) => records);
  }

  get nodes(): number {
    return this.#sum(({ nodes }) => nodes);
  }

  get testCases(): number {
    return this.#sum(({ testCases }) => testCases);
  }

  get templates(): number {
    return this.#sum(({ templates }) => templates);
  }

  get deadLetters(): number {
    return this.#sum(({ deadLetters }) => deadLetters);
  }

  get schedules(): number {
    return this.#sum(({ schedules }) => schedules);
  }

  #sum(count: (tenant: TenantTally) => number): number {
    return [...this.tenants.values()].reduce((sum, tenant) => sum + count(tenant), 0);
  }
}
