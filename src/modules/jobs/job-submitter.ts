import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ID_RANDOM_BYTES, jobId } from '../../core/ids.js';
import { headerOf } from '../../core/job/job-header.js';
import type { JobStatus } from '../../core/job/status.js';
import type { ScheduleOrigin } from '../../core/schedule/schedule.js';
import type { TemplateOrigin } from '../../core/template/template.js';
import type { Submission } from '../../engine/dag-execution-engine.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Correlation } from '../../platform/http/index.js';
import type { Clock } from '../../ports/clock.js';
import type { IdempotencyClaim, JobJournal } from '../../ports/job-journal.js';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import { DefinitionCompiler } from './definition-compiler.js';
import type { OrchestrationJobResponse } from './dto/job-responses.js';
import { showForecast, type ShownForecast } from './forecast-views.js';
import { JobReader } from './job-reader.js';
import { NODES_SHOWN, showJobWithNodes } from './job-views.js';
import type { Answer } from '../answer.js';

/** What is submitted. */
export interface Submitted {
  /** A job definition. */
  readonly body: unknown;
  /** Where the definition comes from, unless from the submitter. */
  readonly template?: TemplateOrigin;
  /** What it fires for, where a schedule submits it. */
  readonly schedule?: ScheduleOrigin;
}

export interface SubmitRequest {
  readonly principal: Principal;
  /** Asked for once the request is known not to be a repeat; rejects with what is wrong with it. */
  readonly read: () => Promise<Submitted>;
  /** The request as it came, by which a repeat is known. */
  readonly content: readonly (Buffer | string)[];
  readonly idempotencyKey: string | undefined;
  /** In place of a key: a claim of Baton's own, which no key of a user can be. */
  readonly claim?: IdempotencyClaim;
  readonly correlation: Correlation;
}

export interface SubmitAnswer {
  readonly job: Answer<OrchestrationJobResponse>;
  /** True when the key was used before with the same body, and this is the job it made. */
  readonly replayed: boolean;
}

/** Accepts jobs: once it answers, the job is durable. */
@Injectable()
export class JobSubmitter {
  constructor(
    @Use('engine') private readonly engine: Dependencies['engine'],
    @Use('journal') private readonly journal: JobJournal,
    @Use('clock') private readonly clock: Clock,
    private readonly compiler: DefinitionCompiler,
    private readonly jobs: JobReader,
    @Use('forecaster') private readonly forecaster: Dependencies['forecaster'],
  ) {}

  /**
   * Rejects as `read` does, with `invalid_definition`, `idempotency_key_reused`, `stopping`, or when
   * the store cannot be written; then nothing was changed.
   */
  submit(request: SubmitRequest): Promise<SubmitAnswer> {
    return this.accept(request, (claim) => this.prepare(request, claim));
  }

  /** The same for what is compiled already; `prepare` is called once it is known not to be a repeat. */
  async accept(
    request: Omit<SubmitRequest, 'read' | 'correlation'>,
    prepare: (claim: IdempotencyClaim | undefined) => Promise<Submission>,
  ): Promise<SubmitAnswer> {
    const { principal } = request;
    const claim = request.claim ?? claimOf(request);
    if (claim !== undefined) {
      const { tenantId, user } = principal;
      const known = await this.journal.findClaim(tenantId, user, claim.key);
      if (known !== undefined) return this.replay(principal, claim, known);
    }
    const submission = await prepare(claim);
    const outcome = await this.engine.submit(submission);
    switch (outcome.status) {
      case 'duplicate_key':
        return this.replay(principal, submission.idempotency, outcome);
      case 'stopping':
        throw new RequestProblem('stopping', 'Baton is shutting down. Submit the job again soon.', {
          headers: { 'retry-after': String(outcome.retryAfter) },
        });
      case 'accepted': {
        const states = new Map(outcome.nodes.map((state) => [state.index, state]));
        const shown = submission.nodes.slice(0, NODES_SHOWN).map((definition, index) => {
          const state = states.get(index);
          return { index, definition, ...(state === undefined ? {} : { state }) };
        });
        const view = { header: submission.header, progress: outcome.progress };
        const forecast = await this.forecast(submission, outcome.progress.status);
        return { job: showJobWithNodes(view, shown, forecast), replayed: false };
      }
    }
  }

  /** Of a large job it is left to the first look at it: nobody waits for it to be accepted. */
  private async forecast(
    { header, plan }: Submission,
    status: JobStatus,
  ): Promise<ShownForecast | undefined> {
    if (header.nodeCount > NODES_SHOWN) return undefined;
    const forecast = await this.forecaster.ofPlan(header, plan);
    return showForecast(forecast, this.clock.now(), status);
  }

  private async prepare(
    { principal, read, correlation }: SubmitRequest,
    idempotency: IdempotencyClaim | undefined,
  ): Promise<Submission> {
    const { body, template, schedule } = await read();
    const { job, plan } = await this.compiler.compile(body);
    const { nodes } = job;
    const warnings = await this.compiler.warnings(principal.tenantId, nodes);
    const now = this.clock.now();
    const header = headerOf(job, {
      tenantId: principal.tenantId,
      jobId: jobId(now, randomBytes(ID_RANDOM_BYTES)),
      owner: principal.user,
      createdAt: now,
      ...(template === undefined ? {} : { template }),
      ...(schedule === undefined ? {} : { schedule }),
      ...(warnings.length === 0 ? {} : { warnings }),
      correlationId: correlation.correlationId,
      traceparent: correlation.traceparent,
    });
    return { header, nodes, plan, ...(idempotency === undefined ? {} : { idempotency }) };
  }

  private async replay(
    principal: Principal,
    claim: IdempotencyClaim | undefined,
    known: { readonly jobId: string; readonly bodyHash: string },
  ): Promise<SubmitAnswer> {
    if (claim?.bodyHash !== known.bodyHash) {
      const message =
        'This Idempotency-Key was used before with another body. Give each request a key of its own.';
      throw new RequestProblem('idempotency_key_reused', message, {
        errors: [
          { in: 'header', pointer: '/idempotency-key', code: 'idempotency_key_reused', message },
        ],
      });
    }
    return { job: await this.jobs.show(principal, known.jobId), replayed: true };
  }
}

function claimOf({
  idempotencyKey,
  content,
}: Omit<SubmitRequest, 'read' | 'correlation'>): IdempotencyClaim | undefined {
  if (idempotencyKey === undefined) return undefined;
  if (!/^[\x20-\x7e]{1,255}$/.test(idempotencyKey)) {
    const message = 'Idempotency-Key must be 1 to 255 printable ASCII characters.';
    throw new RequestProblem('invalid_request', message, {
      errors: [{ in: 'header', pointer: '/idempotency-key', code: 'format', message }],
    });
  }
  const hash = createHash('sha256');
  for (const part of content) hash.update(part);
  return { key: idempotencyKey, bodyHash: hash.digest('base64url') };
}
