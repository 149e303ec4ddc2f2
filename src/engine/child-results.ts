import type { AttemptError, AttemptResult } from '../core/job/attempt.js';
import type { JobEvent } from '../core/job/events.js';
import type { JobHeader } from '../core/job/job-record.js';
import type { Json, JsonObject } from '../core/json.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { JobJournal } from '../ports/job-journal.js';
import type { JobView } from '../ports/job-projections.js';
import type { AttemptRef } from '../ports/node-executor.js';
import { recordsOf } from './journal-records.js';
import { boundOutput } from './output-limit.js';

/** Characters of outputs that one result gathers; what is beyond is left with the nodes that gave it. */
const MOST_GATHERED = 16 * 1024 * 1024;
const FAILURES_TOLD = 3;

/** How a node ended, as the result of its job tells it. */
interface NodeEnd {
  readonly status: 'completed' | 'failed' | 'skipped' | 'cancelled';
  readonly output?: Json;
  readonly error?: { readonly class: string; readonly code: string; readonly message: string };
}

export type ChildResult = Exclude<AttemptResult, { readonly status: 'waiting' }>;

/** Reads what the jobs that nodes are run by came to. */
export class ChildResults {
  readonly #journal: JobJournal;
  readonly #artifacts: ArtifactStore;

  constructor(parts: { readonly journal: JobJournal; readonly artifacts: ArtifactStore }) {
    this.#journal = parts.journal;
    this.#artifacts = parts.artifacts;
  }

  /**
   * What a node comes to by the end of its job. Where that is large, the results become an artifact of
   * the node's attempt, and the output keeps what sums them up. Rejects with {@link StoreUnavailable} when it cannot be read.
   */
  async of(child: JobView, attempt: AttemptRef): Promise<ChildResult> {
    const { header, progress } = child;
    const { ends, truncated } = await this.#ends(header);
    const { summary, results } =
      header.parent?.kind === 'children' ? inOrder(header, ends) : byNode(ends);
    const common = {
      job_id: header.jobId,
      status: progress.status,
      ...summary,
      ...(truncated ? { truncated } : {}),
    };
    const output: JsonObject = { ...common, ...results };
    const result: AttemptResult =
      progress.status === 'completed'
        ? { status: 'completed', output }
        : { status: 'failed', error: errorOf(child, ends), output };
    const bounded = (await boundOutput(this.#artifacts, attempt, result)) as ChildResult;
    if (bounded.output === result.output) return bounded;
    return { ...bounded, output: { ...common, ...(bounded.output as JsonObject) } };
  }

  /** What a compensation came to, in a sentence. */
  async summary({ header, progress }: JobView): Promise<string> {
    const { ends } = await this.#ends(header);
    const all = `${progress.counts.completed} of ${header.nodeCount}`;
    if (progress.status === 'completed') return `Compensated: ${all} actions completed.`;
    const failures = failuresOf(ends);
    return `COMPENSATION INCOMPLETE: ${all} actions completed${failures === '' ? '' : `; ${failures}`}. See job ${header.jobId}.`;
  }

  async #ends(
    header: JobHeader,
  ): Promise<{ readonly ends: ReadonlyMap<string, NodeEnd>; readonly truncated: boolean }> {
    const ends = new Map<string, NodeEnd>();
    let gathered = 0;
    let truncated = false;
    for await (const { events } of recordsOf(this.#journal, header)) {
      for (const event of events) {
        const end = endOf(event);
        if (end === undefined) continue;
        const [id, { output, ...rest }] = end;
        if (output !== undefined) gathered += JSON.stringify(output).length;
        truncated ||= gathered > MOST_GATHERED;
        ends.set(id, output === undefined || truncated ? rest : { ...rest, output });
      }
    }
    return { ends, truncated };
  }
}

function endOf(event: JobEvent): readonly [string, NodeEnd] | undefined {
  switch (event.type) {
    case 'node_completed':
    case 'node_reused':
      return [
        event.node,
        { status: 'completed', ...(event.output === undefined ? {} : { output: event.output }) },
      ];
    case 'node_failed': {
      const { class: kind, code, message } = event.error;
      return [
        event.node,
        {
          status: 'failed',
          error: { class: kind, code, message },
          ...(event.output === undefined ? {} : { output: event.output }),
        },
      ];
    }
    case 'node_skipped':
      return [event.node, { status: 'skipped' }];
    case 'node_cancelled':
      return [event.node, { status: 'cancelled' }];
    default:
      return undefined;
  }
}

interface Results {
  readonly summary: JsonObject;
  readonly results: JsonObject;
}

/** Children are named by their place. */
function inOrder({ nodeCount }: JobHeader, ends: ReadonlyMap<string, NodeEnd>): Results {
  const results = Array.from(
    { length: nodeCount },
    (_, place): NodeEnd => ends.get(String(place)) ?? { status: 'cancelled' },
  );
  const counts = { completed: 0, failed: 0, skipped: 0, cancelled: 0 };
  for (const { status } of results) counts[status]++;
  return {
    summary: { total: nodeCount, ...counts },
    results: { results: results as unknown as Json },
  };
}

function byNode(ends: ReadonlyMap<string, NodeEnd>): Results {
  const outputs = [...ends].flatMap(([id, { output }]) =>
    output === undefined ? [] : [[id, output] as const],
  );
  return { summary: {}, results: { outputs: Object.fromEntries(outputs) } };
}

function errorOf(
  { header: { jobId, parent, timeout, nodeCount }, progress }: JobView,
  ends: ReadonlyMap<string, NodeEnd>,
): AttemptError {
  const failures = failuresOf(ends);
  const reason = progress.reason === undefined ? '' : ` ${progress.reason}`;
  switch (progress.status) {
    case 'timed_out':
      return {
        class: 'timeout',
        code: 'sub_job_timed_out',
        message: `Job ${jobId} did not end within its ${timeout} s. See why at GET job/${jobId}/why.`,
      };
    case 'cancelled':
      return {
        class: 'non_retryable',
        code: 'sub_job_cancelled',
        message: `Job ${jobId} was cancelled.${reason}`,
      };
    default: {
      const isGroup = parent?.kind === 'children';
      const what = `${progress.counts.failed} of ${nodeCount} ${isGroup ? 'children' : 'nodes'}`;
      return {
        class: 'assertion',
        code: isGroup ? 'children_failed' : 'sub_job_failed',
        message: `${what} failed in job ${jobId}${failures === '' ? '' : `: ${failures}`}.`,
      };
    }
  }
}

function failuresOf(ends: ReadonlyMap<string, NodeEnd>): string {
  const failed = [...ends].filter(([, { status }]) => status === 'failed');
  const first = failed
    .slice(0, FAILURES_TOLD)
    .map(([id, { error }]) => `${id} (${error?.code ?? 'failed'})`);
  const rest = failed.length - first.length;
  return rest === 0 ? first.join(', ') : `${first.join(', ')} and ${rest} more`;
}
