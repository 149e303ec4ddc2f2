import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal } from '../../platform/auth/index.js';
import type { Principal } from '../../platform/auth/index.js';
import { ApiProblems } from '../../platform/errors/index.js';
import type { Answer } from '../answer.js';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import { ORCHESTRATION } from '../paths.js';
import { TOKEN_PROBLEMS } from '../token-problems.js';
import { BreakerListResponse } from './breakers.dto.js';

@ApiTags('breakers')
@ApiBearerAuth()
@Controller(ORCHESTRATION)
export class BreakersController {
  constructor(@Use('engine') private readonly engine: Dependencies['engine']) {}

  @Get('breakers')
  @ApiOperation({
    operationId: 'listBreakers',
    summary: 'List circuit breakers',
    description:
      'What nodes of the tenant depend on and what has failed so often in a row that attempts are held back, as the instance that answers knows it.',
  })
  @ApiOkResponse({ type: BreakerListResponse })
  @ApiProblems(...TOKEN_PROBLEMS)
  list(@CurrentPrincipal() { tenantId }: Principal): Answer<BreakerListResponse> {
    return {
      breakers: this.engine.breakers
        .list(tenantId)
        .map((breaker) => ({ ...breaker, until: new Date(breaker.until).toISOString() })),
    };
  }
}
