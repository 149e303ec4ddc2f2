import { attemptId } from '../core/job/attempt.js';
import type { NodeEvent } from '../core/job/events.js';
import type { Logger } from '../ports/logger.js';
import type { CommittedChange, ExecutionStateTracker } from './execution-state-tracker.js';

/**
 * Logs what happens to jobs, once it is durable: the life of a job and failures of its nodes for
 * operators, every other step of a node at debug.
 */
export function logStates(tracker: ExecutionStateTracker, logger: Logger): void {
  tracker.subscribe((change) => {
    for (const event of change.events) {
      if ('node' in event && event.type !== 'job_failing') {
        logNode(logger, change, event);
        continue;
      }
      const fields = jobFields(change);
      switch (event.type) {
        case 'job_submitted':
          logger.info({ ...fields, owner: event.by, nodes: event.nodes }, 'job submitted');
          break;
        case 'job_started':
          logger.info(fields, 'job started');
          break;
        case 'job_cancel_requested':
          logger.info({ ...fields, by: event.by }, 'job is being cancelled');
          break;
        case 'job_paused':
          logger.info({ ...fields, by: event.by }, 'job paused');
          break;
        case 'job_resumed':
          logger.info({ ...fields, by: event.by }, 'job resumed');
          break;
        case 'job_priority_changed':
          logger.info({ ...fields, by: event.by, priority: event.priority }, 'priority changed');
          break;
        case 'job_timed_out':
          logger.warn(fields, 'job timed out');
          break;
        case 'job_compensating':
          logger.info(fields, 'job is being compensated');
          break;
        case 'job_failing':
          logger.info({ ...fields, node_id: event.node }, 'job fails fast');
          break;
        case 'job_taken':
          logger.info({ ...fields, instance: event.by }, 'job taken');
          break;
        case 'job_handed_over':
          logger.info({ ...fields, instance: event.by }, 'job handed over');
          break;
        case 'job_finished': {
          const { startedAt = change.at, counts } = change.progress;
          const took = { duration_ms: change.at - startedAt, counts };
          logger.info({ ...fields, status: event.status, ...took }, 'job finished');
          break;
        }
      }
    }
  });
}

function logNode(logger: Logger, change: CommittedChange, event: NodeEvent): void {
  const fields = { ...jobFields(change), node_id: event.node };
  switch (event.type) {
    case 'node_started': {
      const attempt = attemptId(change.header.jobId, event.node, event.attempt);
      logger.debug({ ...fields, attempt_id: attempt }, 'attempt started');
      return;
    }
    case 'node_failed':
      logger.warn({ ...fields, error: errorFields(event.error) }, 'node failed');
      return;
    case 'node_retrying':
      logger.info(
        { ...fields, error: errorFields(event.error), delay_s: event.delay },
        'node is tried again',
      );
      return;
    case 'node_approved':
    case 'node_rejected':
    case 'node_signalled':
      logger.info({ ...fields, by: event.by }, event.type.replace('_', ' '));
      return;
    case 'node_repeating':
      logger.debug({ ...fields, iteration: event.iteration }, 'node is repeated');
      return;
    case 'node_completed':
    case 'node_admitted':
    case 'node_held':
    case 'node_reused':
    case 'node_ready':
    case 'node_resumed':
    case 'node_waiting':
    case 'node_skipped':
    case 'node_cancelled':
      logger.debug(fields, event.type.replace('_', ' '));
      return;
  }
}

/** Messages may quote what a command printed, so they stay out of the log. */
function errorFields(error: { readonly class: string; readonly code: string }): object {
  return { class: error.class, code: error.code };
}

function jobFields({ header, version }: CommittedChange): object {
  const { tenantId, jobId, correlationId } = header;
  return { tenant_id: tenantId, job_id: jobId, correlation_id: correlationId, version };
}
