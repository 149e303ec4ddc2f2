import { Injectable } from '@nestjs/common';
import type { InstanceCircumstances, JobCircumstances } from '../../core/why/circumstances.js';
import { explainJob, type NodeUnderWay } from '../../core/why/explain-job.js';
import { explainNode, needsDependencies } from '../../core/why/explain-node.js';
import { lastPause } from '../../engine/last-pause.js';
import type { Principal } from '../../platform/auth/index.js';
import type { Config } from '../../platform/config/index.js';
import type { JobJournal } from '../../ports/job-journal.js';
import type { JobProjections, JobView } from '../../ports/job-projections.js';
import type { Answer } from '../answer.js';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import type { WhyJobResponse, WhyNodeResponse } from './dto/why-responses.js';
import { JobReader } from './job-reader.js';
import { KeyReader } from './key-reader.js';
import { statusOf } from './job-views.js';
import { showWhyJob, showWhyNode } from './why-views.js';

/** Waiting nodes that are looked at to say what they wait for; of others only the first are named. */
const WAITING_LOOKED_AT = 1_000;
const OTHERS_LOOKED_AT = 5;

/** Says what holds jobs and nodes back. */
@Injectable()
export class WhyReader {
  constructor(
    private readonly jobs: JobReader,
    private readonly keys: KeyReader,
    @Use('engine') private readonly engine: Dependencies['engine'],
    @Use('projections') private readonly projections: JobProjections,
    @Use('journal') private readonly journal: JobJournal,
    @Use('config') private readonly config: Config,
  ) {}

  /** Rejects with `job_not_found` or `node_not_found`. */
  async node(
    principal: Principal,
    jobId: string,
    nodeId: string,
  ): Promise<Answer<WhyNodeResponse>> {
    const { job, node } = await this.jobs.findNode(principal, jobId, nodeId);
    const status = statusOf(job.progress.status, node);
    const needs = needsDependencies(status) ? (node.definition.needs ?? []) : [];
    const key = await this.keys.missing(principal, job, node, status);
    const explanation = explainNode(
      {
        ...(key === undefined ? {} : { key }),
        definition: node.definition,
        status,
        ...(node.state === undefined ? {} : { state: node.state }),
        dependencies:
          needs.length === 0 ? new Map() : await this.projections.standings(job.header, needs),
        defaultAttempts: this.config.defaultRetryAttempts,
      },
      await this.circumstances(job),
      this.instance(job),
    );
    return showWhyNode(job, node, explanation);
  }

  /** Rejects with `job_not_found`. */
  async job(principal: Principal, jobId: string): Promise<Answer<WhyJobResponse>> {
    const job = await this.jobs.find(principal, jobId);
    const underWay = await this.underWay(job);
    return showWhyJob(job, explainJob(await this.circumstances(job), this.instance(job), underWay));
  }

  private async underWay({ header, progress }: JobView): Promise<readonly NodeUnderWay[]> {
    const looks = [
      ['running', OTHERS_LOOKED_AT],
      ['waiting', WAITING_LOOKED_AT],
      ['retrying', OTHERS_LOOKED_AT],
    ] as const;
    const found: NodeUnderWay[] = [];
    for (const [status, limit] of looks) {
      if (progress.counts[status] === 0) continue;
      const nodes = await this.projections.nodes(header, { after: -1, limit, status });
      for (const { definition, state } of nodes) {
        if (state !== undefined) found.push({ id: definition.id, state });
      }
    }
    return found;
  }

  private async circumstances(job: JobView): Promise<JobCircumstances> {
    const paused =
      job.progress.status === 'paused' ? await lastPause(this.journal, job) : undefined;
    return { ...job, ...(paused === undefined ? {} : { paused }) };
  }

  private instance({ header, progress }: JobView): InstanceCircumstances {
    const { instance, ...stats } = this.engine.stats();
    const waits = progress.status === 'queued' || progress.status === 'running';
    const ahead = waits ? this.engine.jobsAhead(header) : undefined;
    return {
      ...stats,
      ...(instance === undefined ? {} : { id: instance }),
      ...(ahead === undefined ? {} : { jobsAhead: ahead }),
    };
  }
}
