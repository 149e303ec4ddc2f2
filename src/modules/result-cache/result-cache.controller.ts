import { setImmediate } from 'node:timers/promises';
import { Controller, Delete, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import type { ResultCache } from '../../ports/result-cache.js';
import type { Answer } from '../answer.js';
import { Use } from '../dependencies.js';
import { ORCHESTRATION } from '../paths.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { ClearResultCacheQuery, ClearResultCacheResponse } from './result-cache.dto.js';

const RESULTS_A_STEP = 200;

@ApiTags('result cache')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class ResultCacheController {
  constructor(@Use('results') private readonly results: ResultCache) {}

  @Delete('result-cache')
  @ApiOperation({
    operationId: 'clearResultCache',
    summary: 'Clear the result cache',
    description:
      'Deletes the kept results of the tenant, whose users share them, or those of a key. Nodes that would have used them run.',
  })
  @ApiOkResponse({ type: ClearResultCacheResponse })
  @ApiProblems(
    ...TOKEN_PROBLEMS,
    'malformed_json',
    'unsupported_content_type',
    'invalid_query',
    'store_unavailable',
  )
  async clear(
    @CurrentPrincipal() { tenantId }: Principal,
    @Query() { key }: ClearResultCacheQuery,
  ): Promise<Answer<ClearResultCacheResponse>> {
    let deleted = 0;
    for (;;) {
      const some = await this.results.delete(tenantId, key, RESULTS_A_STEP);
      deleted += some;
      if (some < RESULTS_A_STEP) return { deleted };
      await setImmediate();
    }
  }
}
