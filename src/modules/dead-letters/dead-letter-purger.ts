import { Injectable } from '@nestjs/common';
import type { Shape } from '../../core/graph/shape.js';
import { ERROR_CLASSES, type ErrorClass } from '../../core/job/attempt.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Clock } from '../../ports/clock.js';
import {
  DEAD_LETTER_STATUSES,
  type DeadLetters,
  type DeadLetterStatus,
} from '../../ports/dead-letters.js';
import type { Answer } from '../answer.js';
import { checkedBody } from '../checked-body.js';
import { Use } from '../dependencies.js';
import { DeadLetterReader, scopeOf } from './dead-letter-reader.js';
import type { PurgeResponse } from './dead-letters.dto.js';

const DAY_MS = 24 * 3_600_000;
const LETTERS_A_STEP = 200;
/** Letters that one request deletes, at most. */
const LETTERS_A_PURGE = 10_000;

const PURGE_SHAPE: Shape = {
  type: 'object',
  properties: {
    job: { type: 'string', minLength: 1, maxLength: 128 },
    type: { type: 'string', minLength: 1, maxLength: 64 },
    status: { enum: DEAD_LETTER_STATUSES },
    error_class: { enum: ERROR_CLASSES },
    older_than_days: { type: 'number', minimum: 0, maximum: 36_500 },
    all: { const: true },
  },
  additionalProperties: false,
};

interface PurgeBody {
  readonly job?: string;
  readonly type?: string;
  readonly status?: DeadLetterStatus;
  readonly error_class?: ErrorClass;
  readonly older_than_days?: number;
  readonly all?: true;
}

/** Deletes dead letters that nobody wants any more. */
@Injectable()
export class DeadLetterPurger {
  constructor(
    @Use('deadLetters') private readonly letters: DeadLetters,
    @Use('clock') private readonly clock: Clock,
    private readonly reader: DeadLetterReader,
  ) {}

  /** Rejects with `dead_letter_not_found`. */
  async delete(principal: Principal, id: string): Promise<void> {
    await this.reader.find(principal, id);
    await this.letters.delete(principal.tenantId, [id]);
  }

  /** Deletes the principal's letters that match. Rejects with `invalid_request`. */
  async purge(principal: Principal, body: unknown): Promise<Answer<PurgeResponse>> {
    const wanted = checkedBody(PURGE_SHAPE, body, 'invalid_request') as PurgeBody;
    if (Object.keys(wanted).length === 0) {
      throw new RequestProblem(
        'invalid_request',
        'Say which letters: by job, type, status, error_class or older_than_days, or "all": true for every one of yours.',
      );
    }
    const { job, type, status, error_class: errorClass, older_than_days: days } = wanted;
    const query = {
      ...scopeOf(principal),
      ...(job === undefined ? {} : { jobId: job }),
      ...(type === undefined ? {} : { type }),
      ...(status === undefined ? {} : { status }),
      ...(errorClass === undefined ? {} : { errorClass }),
      ...(days === undefined ? {} : { before: Math.ceil(this.clock.now() - days * DAY_MS) }),
      limit: LETTERS_A_STEP,
    };
    let deleted = 0;
    let cursor: string | undefined;
    do {
      const page = await this.letters.list({
        ...query,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const ids = page.letters.map(({ id }) => id);
      if (ids.length > 0) deleted += await this.letters.delete(principal.tenantId, ids);
      cursor = page.next;
    } while (cursor !== undefined && deleted < LETTERS_A_PURGE);
    return { deleted, more: cursor !== undefined };
  }
}
