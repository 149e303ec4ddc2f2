import { attemptId } from '../../core/job/attempt.js';
import type { AttemptSummary } from '../../core/job/attempt.js';
import type { JobEvent } from '../../core/job/events.js';
import type { JournalRecord } from '../../ports/job-journal.js';
import type { JobView, NodeView } from '../../ports/job-projections.js';
import { nodePath } from '../paths.js';
import type { AttemptResponse, EventResponse, NodeDetailResponse } from './dto/node-responses.js';
import { isoTime, optionalTime, showCached, showError, showNode } from './job-views.js';
import type { Answer } from '../answer.js';

/** A node with all that is known of it; `artifacts` are the names of the files of each attempt. */
export function showNodeDetail(
  job: JobView,
  node: NodeView,
  artifacts: ReadonlyMap<number, readonly string[]>,
): Answer<NodeDetailResponse> {
  const { definition, state } = node;
  return {
    ...showNode(job, node),
    index: node.index,
    needs: definition.needs ?? [],
    trigger_rule: definition.trigger_rule ?? 'all_success',
    config: definition.config ?? {},
    ...(definition.each === undefined
      ? {}
      : { item: definition.each.item, index_of_item: definition.each.index }),
    ...(state?.output === undefined ? {} : { output: state.output }),
    attempts: attemptsOf(node).map((attempt) => ({
      attempt: attempt.attempt,
      attempt_id: attemptId(job.header.jobId, definition.id, attempt.attempt),
      status: attempt.status,
      ...optionalTime('started_at', attempt.started_at),
      ...optionalTime('finished_at', attempt.finished_at),
      ...(attempt.error === undefined ? {} : { error: showError(attempt.error) }),
      artifacts: artifacts.get(attempt.attempt) ?? [],
      links: {
        logs: `${nodePath(job.header.jobId, definition.id)}/logs?attempt=${attempt.attempt}`,
      },
    })),
  };
}

type Attempt = Omit<AttemptSummary, 'status' | 'started_at' | 'finished_at'> & {
  readonly status: AttemptResponse['status'];
  readonly started_at?: number | undefined;
  readonly finished_at?: number | undefined;
};

/** The attempts that have ended, and the one under way or, where no history is kept, the only one. */
function attemptsOf({ state }: NodeView): readonly Attempt[] {
  if (state === undefined || state.attempt === 0) return [];
  const history: readonly Attempt[] = state.history ?? [];
  if (history.at(-1)?.attempt === state.attempt) return history;
  switch (state.status) {
    case 'running':
    case 'waiting':
    case 'completed':
    case 'failed':
    case 'cancelled':
      return [
        ...history,
        {
          attempt: state.attempt,
          status: state.status,
          started_at: state.startedAt,
          finished_at: state.finishedAt,
          ...(state.error === undefined ? {} : { error: state.error }),
        },
      ];
    case 'pending':
    case 'ready':
    case 'retrying':
    case 'skipped':
      return history;
  }
}

/** The events of a commit; those of one version happened together. */
export function showEvents(record: JournalRecord): readonly Answer<EventResponse>[] {
  const common = { version: record.version, at: isoTime(record.at) };
  return record.events.map((event) => ({ ...common, ...showEvent(event) }));
}

function showEvent(event: JobEvent): Omit<Answer<EventResponse>, 'version' | 'at'> {
  const { until, deadline, error, cached, ...rest } = event as JobEvent & {
    readonly cached?: Parameters<typeof showCached>[0];
    readonly until?: number;
    readonly deadline?: number;
    readonly error?: Parameters<typeof showError>[0];
  };
  return {
    ...rest,
    ...optionalTime('until', until),
    ...optionalTime('deadline', deadline),
    ...(error === undefined ? {} : { error: showError(error) }),
    ...(cached === undefined ? {} : { cached: showCached(cached) }),
  };
}
