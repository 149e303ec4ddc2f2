import { createHash } from 'node:crypto';
import type { AttemptError } from '../../core/job/attempt.js';
import type { DeadLetterIntent } from '../../core/job/events.js';
import type { JobHeader, JobRef } from '../../core/job/job-record.js';
import type { DeadLetter } from '../../ports/dead-letters.js';
import type { CommitRequest } from '../../ports/job-journal.js';

/** What a commit says of a dead letter; the rest is in the header of its job. */
export interface LetterSeed {
  readonly intent: DeadLetterIntent;
  readonly error: AttemptError;
  /** Epoch milliseconds. */
  readonly at: number;
}

const NONE: readonly LetterSeed[] = [];

/** The letters that follow from a commit; nearly always none. */
export function letterSeeds({
  at,
  events,
  intents,
}: Pick<CommitRequest, 'at' | 'events' | 'intents'>): readonly LetterSeed[] {
  let found: DeadLetterIntent[] | undefined;
  for (const intent of intents) if (intent.type === 'dead_letter') (found ??= []).push(intent);
  if (found === undefined) return NONE;
  const errors = new Map<string, AttemptError>();
  for (const event of events) if (event.type === 'node_failed') errors.set(event.node, event.error);
  return found.flatMap((intent) => {
    const error = errors.get(intent.node);
    return error === undefined ? [] : [{ intent, error, at }];
  });
}

export function letterOf(
  header: Pick<JobHeader, 'tenantId' | 'jobId' | 'owner' | 'name' | 'template'>,
  { intent, error, at }: LetterSeed,
): DeadLetter {
  const { tenantId, jobId, owner, name, template } = header;
  const { node, node_type: type, attempt, config, config_omitted: omitted } = intent;
  return {
    id: letterId(header, node),
    tenantId,
    owner,
    jobId,
    jobName: name,
    ...(template === undefined ? {} : { template }),
    nodeId: node,
    type,
    attempts: attempt,
    error,
    at,
    ...(config === undefined ? {} : { config }),
    ...(omitted === undefined ? {} : { configOmitted: omitted }),
  };
}

/** A node fails for good once in its job, so that these name a letter. */
function letterId({ tenantId, jobId }: JobRef, nodeId: string): string {
  const name = JSON.stringify([tenantId, jobId, nodeId]);
  return `dl_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}
