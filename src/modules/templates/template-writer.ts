import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { checkShapeSteps } from '../../core/graph/check-shape.js';
import { checkValue } from '../../core/graph/check-value.js';
import { jsonBytes } from '../../core/graph/json-size.js';
import type { NodeDefinition } from '../../core/graph/definition.js';
import { ProblemList } from '../../core/graph/problem.js';
import type { JsonObject } from '../../core/json.js';
import { checkParameters } from '../../core/template/check-parameters.js';
import { jsonTextSteps } from '../../core/template/json-text.js';
import { MAX_TEMPLATE_BYTES, TEMPLATE_NAME, TEMPLATE_SHAPE } from '../../core/template/template.js';
import type { TemplateContent } from '../../core/template/template.js';
import { runInSlices } from '../../engine/slices.js';
import type { Principal } from '../../platform/auth/index.js';
import type { Clock } from '../../ports/clock.js';
import type { TemplateStore } from '../../ports/template-store.js';
import { Use } from '../dependencies.js';
import { DefinitionCompiler } from '../jobs/index.js';
import type { Answer } from '../answer.js';
import { refusal, type Fault } from '../refusal.js';
import { templateNotFound } from './template-problems.js';
import { showRevision } from './template-views.js';
import type { PutTemplateResponse } from './templates.dto.js';

interface Checked {
  readonly content: TemplateContent;
  readonly nodes: readonly NodeDefinition[];
}

/** Puts templates and archives them. */
@Injectable()
export class TemplateWriter {
  constructor(
    @Use('templates') private readonly templates: TemplateStore,
    @Use('clock') private readonly clock: Clock,
    private readonly compiler: DefinitionCompiler,
  ) {}

  /** Makes the next revision, unless the latest says the same. Rejects with `invalid_template`. */
  async put(
    principal: Principal,
    name: string,
    body: unknown,
  ): Promise<{ readonly created: boolean; readonly template: Answer<PutTemplateResponse> }> {
    const { content, nodes } = await this.check(name, body);
    const warnings = await this.compiler.warnings(principal.tenantId, nodes);
    const json = content as unknown as JsonObject;
    const canonical = await runInSlices(jsonTextSteps(json, true));
    const { created, revision } = await this.templates.put(principal.tenantId, {
      name,
      hash: createHash('sha256').update(canonical).digest('hex'),
      ...(content.description === undefined ? {} : { description: content.description }),
      nodeCount: nodes.length,
      createdAt: this.clock.now(),
      createdBy: principal.user,
      content: await runInSlices(jsonTextSteps(json, false)),
    });
    return { created, template: { ...showRevision(revision), warnings } };
  }

  /** Rejects with `template_not_found`. */
  async archive(principal: Principal, name: string): Promise<void> {
    if (!(await this.templates.archive(principal.tenantId, name, true))) throw templateNotFound();
  }

  private async check(name: string, body: unknown): Promise<Checked> {
    const faults: Fault[] = [];
    const named = checkValue(TEMPLATE_NAME, name);
    if (named !== undefined) {
      const message = `the name ${named.message}`;
      faults.push({ in: 'path', pointer: '/name', code: named.code, message });
    }
    const report = await runInSlices(checkShapeSteps(TEMPLATE_SHAPE, body ?? {}));
    faults.push(...report.problems);
    if (report.problems.length > 0) throw refusal('invalid_template', faults, report.truncated);

    // The shape has been checked.
    const content = body as TemplateContent;
    const problems = new ProblemList();
    if (jsonBytes(content, MAX_TEMPLATE_BYTES) > MAX_TEMPLATE_BYTES) {
      problems.add('', 'too_big', 'must be at most 8 MiB as JSON; split the job in several');
    }
    if (content.parameters !== undefined) {
      checkParameters(content.parameters, '/parameters', problems);
    }
    if (Object.hasOwn(content.definition, 'inputs')) {
      const message = 'a template has no inputs of its own; make them defaults of its parameters';
      problems.add('/definition/inputs', 'unknown_field', message);
    }
    const { definition } = content;
    const compiled = await this.compiler.check(without(definition, 'inputs'));
    faults.push(...problems.problems);
    if (!compiled.ok) {
      for (const problem of compiled.problems) {
        faults.push({ ...problem, pointer: `/definition${problem.pointer}` });
      }
    }
    if (!compiled.ok || faults.length > 0) {
      const truncated = problems.truncated || (!compiled.ok && compiled.truncated);
      throw refusal('invalid_template', faults, truncated);
    }
    return { content, nodes: compiled.job.nodes };
  }
}

function without(fields: JsonObject, key: string): JsonObject {
  if (!Object.hasOwn(fields, key)) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([each]) => each !== key));
}
