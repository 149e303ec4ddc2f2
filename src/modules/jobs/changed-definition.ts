import { Injectable } from '@nestjs/common';
import type { NodeDefinition } from '../../core/graph/definition.js';
import type { Problem } from '../../core/graph/problem.js';
import type { JobHeader } from '../../core/job/job-record.js';
import type { JsonObject } from '../../core/json.js';
import type { Submission } from '../../engine/dag-execution-engine.js';
import { RequestProblem } from '../../platform/errors/index.js';
import { refusal } from '../refusal.js';
import { DefinitionCompiler } from './definition-compiler.js';

/** What may be changed of a node that runs again: its id, its type and its edges stay. */
export type NodeChange = Partial<Pick<NodeDefinition, 'config' | 'retry' | 'timeout'>>;

export interface DefinitionChange {
  readonly nodeId: string;
  readonly change: NodeChange;
  /** In place of those of the job. */
  readonly inputs?: JsonObject;
}

/** Changes a definition that has compiled before, and checks it as one that is submitted. */
@Injectable()
export class ChangedDefinition {
  constructor(private readonly compiler: DefinitionCompiler) {}

  /** Rejects with `invalid_request`; pointers lead into the change. The same when nothing changes. */
  async with(
    tenantId: string,
    submission: Submission,
    { nodeId, change, inputs }: DefinitionChange,
  ): Promise<Submission> {
    if (Object.keys(change).length === 0 && inputs === undefined) return submission;
    refuseMade(submission.header);
    const at = submission.plan.indexOf.get(nodeId) ?? -1;
    const given = submission.nodes.map((node, index) =>
      index === at ? { ...node, ...change } : node,
    );
    const used = inputs ?? submission.header.inputs;
    const compiled = await this.compiler.check(documentOf(submission.header, given, used));
    if (!compiled.ok) {
      const faults = compiled.problems.map((problem) => pointed(problem, at));
      throw refusal('invalid_request', faults, compiled.truncated);
    }
    const { job, plan } = compiled;
    const warnings = await this.compiler.warnings(tenantId, job.nodes);
    return {
      ...submission,
      nodes: job.nodes,
      plan,
      header: {
        ...submission.header,
        ...(used === undefined ? {} : { inputs: used }),
        warnings,
      },
    };
  }
}

/** What was made of a node cannot be submitted as it is, and so not be checked as if it were. */
function refuseMade({ parent }: JobHeader): void {
  if (parent === undefined) return;
  const { jobId, nodeId } = parent;
  throw new RequestProblem(
    'invalid_request',
    `The node is in a job that was made ${nodeId === undefined ? 'to undo nodes' : `of node ${nodeId}`} of job ${jobId}, and cannot be changed by itself. ` +
      'Run it again as it is, or run that job again with what is to be changed.',
  );
}

/** A job as it would be submitted. */
function documentOf(
  { name, labels, priority, concurrency, timeout, onFailure }: JobHeader,
  nodes: readonly NodeDefinition[],
  inputs: JsonObject | undefined,
): object {
  return {
    name,
    labels,
    priority,
    concurrency,
    timeout,
    on_failure: onFailure,
    ...(inputs === undefined ? {} : { inputs }),
    dag_definition: { nodes },
  };
}

/** A problem of the changed node as one of the change. */
function pointed(problem: Problem, at: number): Problem {
  const node = `/dag_definition/nodes/${at}`;
  const { pointer } = problem;
  return pointer === node || pointer.startsWith(`${node}/`)
    ? { ...problem, pointer: pointer.slice(node.length) }
    : problem;
}
