import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { compileSteps } from '../../core/graph/compile.js';
import type { CompileOptions, CompileResult } from '../../core/graph/compile.js';
import type { NodeDefinition } from '../../core/graph/definition.js';
import { runInSlices } from '../../engine/slices.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { Clock } from '../../ports/clock.js';
import type { NodeExecutor } from '../../ports/node-executor.js';
import type { TestCatalogue } from '../../ports/test-catalogue.js';
import { Use } from '../dependencies.js';
import { refusal } from '../refusal.js';
import { testCasePath } from '../paths.js';

/** A job and its plan. */
export type Compiled = Extract<CompileResult, { readonly ok: true }>;

const NODES_PER_TURN = 5_000;
const WARNINGS_SHOWN = 20;

/** Turns what a user sends into a job that can run, or into everything that is wrong with it. */
@Injectable()
export class DefinitionCompiler {
  constructor(
    @Use('compileOptions') private readonly options: CompileOptions,
    @Use('executors') private readonly executors: ReadonlyMap<string, NodeExecutor>,
    @Use('catalogue') private readonly catalogue: TestCatalogue,
    @Use('clock') private readonly clock: Clock,
  ) {}

  /** Rejects with `invalid_definition`. Holds the event loop for a few milliseconds at a time only. */
  async compile(body: unknown): Promise<Compiled> {
    if (body === undefined || body === null) {
      throw new RequestProblem(
        'malformed_json',
        'The body is empty. Send a job definition as JSON; /schemas/job.schema.json describes it.',
      );
    }
    const compiled = await this.check(body, this.clock.now());
    if (compiled.ok) return compiled;
    throw refusal('invalid_definition', compiled.problems, compiled.truncated);
  }

  /**
   * As {@link compile}, with what is wrong as an answer.
   *
   * @param now epoch milliseconds by which deadlines may not have passed; without it they may
   */
  check(body: unknown, now?: number): Promise<CompileResult> {
    return runInSlices(
      compileSteps(body, { ...this.options, ...(now === undefined ? {} : { now }) }),
    );
  }

  /** What a job may run into although it is valid: names that the test catalogue does not have yet. */
  async warnings(tenantId: string, nodes: readonly NodeDefinition[]): Promise<string[]> {
    const askedBy = new Map<string, string>();
    for (const [index, node] of nodes.entries()) {
      if (index % NODES_PER_TURN === NODES_PER_TURN - 1) await setImmediate();
      const executor = this.executors.get(node.type);
      for (const name of executor?.catalogueReferences?.(node.id, node.config ?? {}) ?? []) {
        if (!askedBy.has(name)) askedBy.set(name, node.id);
      }
    }
    if (askedBy.size === 0) return [];
    const missing = await this.catalogue.missing(tenantId, [...askedBy.keys()]);
    const warnings = missing
      .slice(0, WARNINGS_SHOWN)
      .map(
        (name) =>
          `The test catalogue has no "${name}" yet, which node "${askedBy.get(name) ?? ''}" runs. Add it before then: PUT ${testCasePath(name)}`,
      );
    const more = missing.length - warnings.length;
    return more > 0 ? [...warnings, `The catalogue lacks ${more} more.`] : warnings;
  }
}
