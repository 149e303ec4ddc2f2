import type { AttemptResult } from '../core/job/attempt.js';
import type { JobRef } from '../core/job/job-record.js';
import type { Json, JsonObject } from '../core/json.js';
import type { Shape } from '../core/graph/shape.js';

/** Names one attempt of one node; `attemptId` is its idempotency key. */
export interface AttemptRef extends JobRef {
  readonly nodeId: string;
  readonly attempt: number;
  readonly attemptId: string;
}

/** What an executor is given to run an attempt. */
export interface AttemptContext extends AttemptRef {
  readonly config: JsonObject;
  readonly correlationId: string;
  /** W3C trace context of the submission, where there was one. */
  readonly traceparent?: string | undefined;
  /**
   * Aborts on cancel and time-out. An executor then ends what it started and settles; what it
   * settles with no longer matters.
   */
  readonly signal: AbortSignal;
}

/** A node type: what its config may hold, and how an attempt of it is run. */
export interface NodeExecutor {
  readonly type: string;
  /** Said of the type in the published schema and the docs. */
  readonly summary: string;
  readonly configShape: Shape;
  /** Its attempts settle within the call, or nearly, and hold nothing that would have to be ended. */
  readonly inline?: true;
  /**
   * Runs one attempt. Failures of the work are answered, not thrown; what is thrown counts as an
   * `infrastructure` failure.
   */
  execute(attempt: AttemptContext): AttemptResult | Promise<AttemptResult>;
  /** What an attempt with this config depends on, by whose failures attempts are held back. */
  upstream?(config: JsonObject): string | undefined;
  /** Ends whatever this attempt left running when the service died in the middle of it. */
  reclaim?(attempt: AttemptRef): Promise<void>;
  /**
   * What the result of an attempt depends on besides its config: attempts for which it is the same do
   * the same. Absent where results are not to be used again: nodes of the type take no `cache`.
   */
  readonly resultBasis?: (
    attempt: Pick<AttemptContext, 'tenantId' | 'nodeId' | 'config'>,
  ) => Json | Promise<Json>;
  /** Names in the tenant's test catalogue that a node of this type will look up when it runs. */
  catalogueReferences?(nodeId: string, config: JsonObject): readonly string[];
}
