import { Injectable } from '@nestjs/common';
import type { Shape } from '../../core/graph/shape.js';
import type { JsonObject } from '../../core/json.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Clock } from '../../ports/clock.js';
import type { DeadLetter, DeadLetters, Requeue } from '../../ports/dead-letters.js';
import type { JobProjections } from '../../ports/job-projections.js';
import { StoreUnavailable } from '../../ports/store-errors.js';
import { checkedBody } from '../checked-body.js';
import { Use } from '../dependencies.js';
import { JobRerunner, type NodeChange, type SubmitAnswer } from '../jobs/index.js';
import { deadLetterPath, jobPath } from '../paths.js';
import type { SubmissionContext } from '../submissions.js';
import { DeadLetterReader } from './dead-letter-reader.js';

const REQUEUE_SHAPE: Shape = {
  type: 'object',
  // What the fields of a node may hold is checked with the node.
  properties: {
    config: { type: 'object' },
    retry: { type: 'object' },
    timeout: { type: 'number' },
    inputs: { type: 'object' },
    again: { type: 'boolean' },
  },
  additionalProperties: false,
};
/** ms after which a requeue whose job never came to be is taken for one that a crash cut short. */
const CUT_SHORT = 60_000;

type RequeueBody = NodeChange & { readonly inputs?: JsonObject; readonly again?: boolean };

export interface RequeueRequest extends SubmissionContext {
  readonly principal: Principal;
  readonly id: string;
  readonly body: unknown;
}

/** Gives dead letters another try: runs their jobs again from the node on, as new jobs. */
@Injectable()
export class DeadLetterRequeuer {
  constructor(
    @Use('deadLetters') private readonly letters: DeadLetters,
    @Use('projections') private readonly projections: JobProjections,
    @Use('clock') private readonly clock: Clock,
    private readonly reader: DeadLetterReader,
    private readonly rerunner: JobRerunner,
  ) {}

  /**
   * The letter is marked before the job is submitted, so that of two who requeue it at once one does;
   * the mark is taken back when the job was not made. Rejects with `dead_letter_not_found`,
   * `dead_letter_requeued`, `dead_letter_job_gone`, and as a rerun does.
   */
  async requeue(request: RequeueRequest): Promise<SubmitAnswer> {
    const { principal, id, body, ...context } = request;
    const { inputs, again, ...change } = checkedBody(
      REQUEUE_SHAPE,
      body,
      'invalid_request',
    ) as RequeueBody;
    const letter = await this.reader.find(principal, id);
    let marked: Requeue | undefined;
    const mark = async (jobId: string): Promise<void> => {
      const { tenantId, user } = principal;
      if (again !== true) await this.refuseRequeued(letter);
      const requeue = { jobId, by: user, at: this.clock.now() };
      if (!(await this.letters.setRequeue(tenantId, id, letter.requeued, requeue))) {
        throw new RequestProblem(
          'dead_letter_requeued',
          `Somebody else has requeued or deleted the letter at this moment. See GET ${deadLetterPath(id)}`,
        );
      }
      marked = requeue;
    };
    try {
      const answer = await this.rerunner.rerunChanged({
        ...context,
        principal,
        what: `requeue ${id}`,
        jobId: letter.jobId,
        nodeId: letter.nodeId,
        change,
        ...(inputs === undefined ? {} : { inputs }),
        ready: mark,
      });
      // A repeat that came at the same moment has made another one.
      if (answer.job.id !== marked?.jobId) await this.unmark(letter, marked);
      return answer;
    } catch (error) {
      // When the store was away, nobody knows whether the job was made; the mark names it.
      if (!(error instanceof StoreUnavailable)) await this.unmark(letter, marked);
      throw jobIsGone(error) ? gone(letter) : error;
    }
  }

  private async refuseRequeued(letter: DeadLetter): Promise<void> {
    const { tenantId, requeued } = letter;
    if (requeued === undefined) return;
    const { jobId, by, at } = requeued;
    const cutShort =
      this.clock.now() - at > CUT_SHORT &&
      (await this.projections.job({ tenantId, jobId })) === undefined;
    if (cutShort) return;
    throw new RequestProblem(
      'dead_letter_requeued',
      `It was requeued by ${by} as job ${jobId}: see GET ${jobPath(jobId)}. To requeue it once more, send "again": true.`,
    );
  }

  private async unmark(
    { tenantId, id, requeued }: DeadLetter,
    mark: Requeue | undefined,
  ): Promise<void> {
    if (mark === undefined) return;
    // When even this fails, the mark is of a job that never was, which the next requeue sees.
    await this.letters.setRequeue(tenantId, id, mark, requeued).catch(() => false);
  }
}

function jobIsGone(error: unknown): boolean {
  return error instanceof RequestProblem && error.problem === 'job_not_found';
}

function gone({ jobId }: DeadLetter): RequestProblem {
  return new RequestProblem(
    'dead_letter_job_gone',
    `Job ${jobId} has been deleted, as RETENTION_DAYS says. Submit a job with the config that the letter shows.`,
  );
}
