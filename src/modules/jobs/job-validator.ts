import { Injectable } from '@nestjs/common';
import { groupByLevel } from '../../core/plan/levels.js';
import type { Principal } from '../../platform/auth/index.js';
import { DefinitionCompiler } from './definition-compiler.js';
import type { ValidationResponse } from './dto/node-responses.js';
import type { Clock } from '../../ports/clock.js';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import { showOutlook } from './forecast-views.js';
import type { Answer } from '../answer.js';

/** Says how a definition would run, and starts nothing. */
@Injectable()
export class JobValidator {
  constructor(
    private readonly compiler: DefinitionCompiler,
    @Use('forecaster') private readonly forecaster: Dependencies['forecaster'],
    @Use('clock') private readonly clock: Clock,
  ) {}

  /** Rejects with `invalid_definition`. */
  async validate(principal: Principal, body: unknown): Promise<Answer<ValidationResponse>> {
    const { job, plan } = await this.compiler.compile(body);
    const { nodes } = job;
    const warnings = await this.compiler.warnings(principal.tenantId, nodes);
    const { tenantId } = principal;
    const forecast = await this.forecaster.ofPlan({ tenantId, name: job.name }, plan);
    const shown = showOutlook(forecast, this.clock.now());
    const idOf = (index: number): string => nodes[index]?.id ?? '';
    return {
      valid: true,
      node_count: nodes.length,
      levels: groupByLevel(forecast.levels).map((level) => level.map(idOf)),
      order: Array.from(plan.order, idOf),
      critical_path: shown.critical_path,
      prediction: shown.prediction,
      warnings,
    };
  }
}
