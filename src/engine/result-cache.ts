import type { CacheRule } from '../core/graph/definition.js';
import type { AttemptError, AttemptResult } from '../core/job/attempt.js';
import type { Json, JsonObject } from '../core/json.js';
import { canonicalJson } from '../core/template/json-text.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { NodeExecutor } from '../ports/node-executor.js';
import type { ResultCache } from '../ports/result-cache.js';
import type { AttemptOrder } from './live-attempt.js';
import { isArtifact } from './output-limit.js';

export interface ResultCacheParts {
  readonly results: ResultCache;
  /** A hash under which no two texts are known to meet, such as SHA-256. */
  readonly digest: (text: string) => string;
}

/** What a node's attempt would do: its evaluated config, and what its `cache.key` came to. */
export interface EvaluatedNode {
  readonly config: JsonObject;
  readonly key?: Json;
}

/** How an attempt goes on: with a result that is there already, or by being run. */
export type PreparedAttempt =
  | { readonly result: AttemptResult }
  | {
      readonly config: JsonObject;
      /** To be told what the attempt came to, once that is durable. */
      readonly keep: (result: AttemptResult) => void;
    }
  | { readonly error: AttemptError };

/** To be changed when results of before are not to be used any more. */
const FORMAT = 'baton-result-1';

/**
 * Reuses the results of nodes with a `cache`. Equal are attempts of one tenant, type, evaluated config
 * and key, and of all else that the type says its results depend on. The cache is a help and no more:
 * what cannot be looked up is run, what cannot be kept is not.
 */
export class CachedResults {
  readonly #cache: ResultCacheParts | undefined;
  readonly #executors: ReadonlyMap<string, NodeExecutor>;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(parts: {
    readonly cache?: ResultCacheParts;
    readonly executors: ReadonlyMap<string, NodeExecutor>;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#cache = parts.cache;
    this.#executors = parts.executors;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
  }

  /** Looks for the result of an attempt whose start is committed. Never rejects. */
  async prepare(
    order: AttemptOrder,
    rule: CacheRule,
    evaluated: Promise<EvaluatedNode | { readonly error: AttemptError }>,
  ): Promise<PreparedAttempt> {
    const node = await evaluated;
    if ('error' in node) return node;
    const { config } = node;
    const hash = await this.#hashOf(order, node);
    if (hash === undefined) return { config, keep: () => undefined };
    const result = await this.#find(order, hash, rule);
    if (result !== undefined) return { result };
    return { config, keep: (made) => void this.#keep(order, node, { hash, rule }, made) };
  }

  async #find(
    order: AttemptOrder,
    hash: string,
    { ttl }: CacheRule,
  ): Promise<AttemptResult | undefined> {
    try {
      const now = this.#clock.now();
      const found = await this.#cache?.results.get(order.tenantId, hash, now);
      if (found === undefined || found.at + ttl * 1000 <= now) return undefined;
      const { jobId, nodeId, at, output } = found;
      return {
        status: 'completed',
        ...(output === undefined ? {} : { output }),
        cached: { job_id: jobId, node_id: nodeId, at },
      };
    } catch (error) {
      this.#logger.warn(
        { ...idsOf(order), err: error },
        'a result could not be looked up; it is made',
      );
      return undefined;
    }
  }

  async #keep(
    order: AttemptOrder,
    node: EvaluatedNode,
    { hash, rule }: { readonly hash: string; readonly rule: CacheRule },
    result: AttemptResult,
  ): Promise<void> {
    if (result.status !== 'completed') return;
    const { output } = result;
    // What is kept as a file of its job goes with that job.
    if (output !== undefined && isArtifact(output)) return;
    try {
      // What it depends on may have been changed while it ran, before it was read or after.
      if ((await this.#hashOf(order, node)) !== hash) return;
      const at = this.#clock.now();
      const { tenantId, jobId, nodeId } = order;
      await this.#cache?.results.put({
        tenantId,
        hash,
        ...(node.key === undefined ? {} : { key: textOf(node.key) }),
        ...(output === undefined ? {} : { output }),
        jobId,
        nodeId,
        at,
        expiresAt: at + rule.ttl * 1000,
      });
    } catch (error) {
      this.#logger.warn({ ...idsOf(order), err: error }, 'a result could not be kept');
    }
  }

  /** `undefined` where nothing is kept, and while it cannot be said. */
  async #hashOf(order: AttemptOrder, { config, key }: EvaluatedNode): Promise<string | undefined> {
    const basis = this.#executors.get(order.type)?.resultBasis;
    if (this.#cache === undefined || basis === undefined) return undefined;
    const { tenantId, nodeId, type } = order;
    try {
      const rest = await basis({ tenantId, nodeId, config });
      const content = [FORMAT, tenantId, type, config, key ?? null, rest];
      return this.#cache.digest(canonicalJson(content));
    } catch (error) {
      this.#logger.warn(
        { ...idsOf(order), err: error },
        'a result could not be looked up; it is made',
      );
      return undefined;
    }
  }
}

function textOf(key: Json): string {
  return typeof key === 'string' ? key : JSON.stringify(key);
}

function idsOf({ tenantId, jobId, nodeId }: AttemptOrder): object {
  return { tenant_id: tenantId, job_id: jobId, node_id: nodeId };
}
