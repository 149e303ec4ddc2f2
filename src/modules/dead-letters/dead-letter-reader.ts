import { Injectable } from '@nestjs/common';
import { isAdmin } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { DeadLetter, DeadLetterFilter, DeadLetters } from '../../ports/dead-letters.js';
import type { Answer } from '../answer.js';
import { Use } from '../dependencies.js';
import { showLetter, showLetterDetail } from './dead-letter-views.js';
import type {
  DeadLetterDetailResponse,
  DeadLetterListResponse,
  ListDeadLettersQuery,
} from './dead-letters.dto.js';

/** Reads dead letters for a principal: one that is not for its eyes is as good as none. */
@Injectable()
export class DeadLetterReader {
  constructor(@Use('deadLetters') private readonly letters: DeadLetters) {}

  /** Rejects with `dead_letter_not_found`, the same for another user's as for none. */
  async find(principal: Principal, id: string): Promise<DeadLetter> {
    const letter = await this.letters.get(principal.tenantId, id);
    if (letter === undefined || !(letter.owner === principal.user || isAdmin(principal))) {
      throw new RequestProblem(
        'dead_letter_not_found',
        'You have no dead letter with this id. List yours at GET /api/v1/orchestration/dead-letters.',
      );
    }
    return letter;
  }

  async show(principal: Principal, id: string): Promise<Answer<DeadLetterDetailResponse>> {
    return showLetterDetail(await this.find(principal, id));
  }

  async list(
    principal: Principal,
    query: ListDeadLettersQuery,
  ): Promise<Answer<DeadLetterListResponse>> {
    const { job, type, status, error_class: errorClass, limit, cursor } = query;
    const { letters, next } = await this.letters.list({
      ...scopeOf(principal),
      ...(job === undefined ? {} : { jobId: job }),
      ...(type === undefined ? {} : { type }),
      ...(status === undefined ? {} : { status }),
      ...(errorClass === undefined ? {} : { errorClass }),
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    return {
      dead_letters: letters.map(showLetter),
      ...(next === undefined ? {} : { next_cursor: next }),
    };
  }
}

/** The letters that a principal may see. */
export function scopeOf(principal: Principal): Pick<DeadLetterFilter, 'tenantId' | 'owner'> {
  const { tenantId, user } = principal;
  return isAdmin(principal) ? { tenantId } : { tenantId, owner: user };
}
