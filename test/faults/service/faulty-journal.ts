import { INTERRUPTED } from '../../../src/core/job/attempt.js';
import type { CommitRequest, CommitResult, JobJournal } from '../../../src/ports/job-journal.js';
import type { CrashPoint } from './crash-point.js';
import { COMMANDS } from './points.js';

/** The journal, with the points that its commits can be told by. */
export function faultyJournal(journal: JobJournal, point: CrashPoint): JobJournal {
  return {
    commit: async (batch) => {
      if (batch.some(dispatches)) point.at('before-commit');
      if (batch.some(endsAttempt)) point.at('after-attempt');
      if (batch.some(recovers)) point.at('during-take-over');
      if (point.delay > 0) await new Promise((resolve) => setTimeout(resolve, point.delay));
      const results = await journal.commit(batch);
      if (batch.some(dispatches)) point.at('after-commit');
      if (batch.some((record, at) => takesOver(record, results[at]))) point.at('during-take-over');
      return results;
    },
    stage: (ref, chunk) => journal.stage(ref, chunk),
    sweepStaged: () => journal.sweepStaged(),
    read: (ref, after, limit) => journal.read(ref, after, limit),
    readDefinition: (ref, first, limit) => journal.readDefinition(ref, first, limit),
    findClaim: (tenantId, owner, key) => journal.findClaim(tenantId, owner, key),
  };
}

function dispatches({ intents }: CommitRequest): boolean {
  return intents.some(({ type }) => type === 'dispatch');
}

function endsAttempt({ events }: CommitRequest): boolean {
  return events.some(
    (event) =>
      (event.type === 'node_completed' ||
        event.type === 'node_failed' ||
        (event.type === 'node_retrying' && event.error.code !== INTERRUPTED)) &&
      COMMANDS.includes(event.node),
  );
}

/** The first commit about a job that was read back: what became of its live attempts. */
function recovers({ events, progress }: CommitRequest): boolean {
  return (
    progress.driver === undefined &&
    events.some((event) => event.type === 'node_retrying' && event.error.code === INTERRUPTED)
  );
}

/** A running job is this instance's from here on, and it knows nothing of it yet. */
function takesOver({ events, progress }: CommitRequest, result: CommitResult | undefined): boolean {
  return (
    result?.status === 'committed' &&
    progress.status !== 'queued' &&
    events.some(({ type }) => type === 'job_taken')
  );
}
