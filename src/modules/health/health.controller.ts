import { Controller, Get, Res } from '@nestjs/common';
import {
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { HealthCheckResult } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Open } from '../../platform/auth/index.js';
import { ORCHESTRATION } from '../paths.js';
import { HealthResponse } from './health.dto.js';
import { HealthService } from './health.service.js';

@ApiTags('health')
@Controller(['', ...ORCHESTRATION])
export class HealthController {
  constructor(private readonly service: HealthService) {}

  @Open()
  @Get('health')
  @ApiOperation({
    operationId: 'getHealth',
    summary: 'Health',
    description: 'Whether the store, the engine and the event loop are well. Needs no token.',
  })
  @ApiOkResponse({ type: HealthResponse, description: 'All is well.' })
  @ApiServiceUnavailableResponse({
    type: HealthResponse,
    description: 'Something is not well, or the service is starting or stopping.',
  })
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthCheckResult> {
    const { healthy, result } = await this.service.check();
    void reply.status(healthy ? 200 : 503).header('cache-control', 'no-store');
    return result;
  }
}
