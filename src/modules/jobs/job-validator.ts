import { Injectable } from '@nestjs/common';
import { groupByLevel, planLevelSteps } from '../../core/plan/levels.js';
import { runInSlices } from '../../engine/slices.js';
import type { Principal } from '../../platform/auth/index.js';
import { DefinitionCompiler } from './definition-compiler.js';
import type { ValidationResponse } from './dto/node-responses.js';
import type { Answer } from '../answer.js';

/** Says how a definition would run, and starts nothing. */
@Injectable()
export class JobValidator {
  constructor(private readonly compiler: DefinitionCompiler) {}

  /** Rejects with `invalid_definition`. */
  async validate(principal: Principal, body: unknown): Promise<Answer<ValidationResponse>> {
    const { job, plan } = await this.compiler.compile(body);
    const { nodes } = job;
    const warnings = await this.compiler.warnings(principal.tenantId, nodes);
    const levels = await runInSlices(planLevelSteps(plan));
    const idOf = (index: number): string => nodes[index]?.id ?? '';
    return {
      valid: true,
      node_count: nodes.length,
      levels: groupByLevel(levels).map((level) => level.map(idOf)),
      order: Array.from(plan.order, idOf),
      critical_path: levels.criticalPath.map(idOf),
      warnings,
    };
  }
}
