import type { JobJournal } from '../ports/job-journal.js';
import type { JobView } from '../ports/job-projections.js';

/** Versions in one read of the journal, and reads until the pause of a job is given up. */
const RECORDS_A_READ = 8;
const MOST_READS = 64;

/** When a job was paused, in epoch ms, and by whom. */
export interface Pause {
  readonly since: number;
  readonly by: string;
}

/**
 * The pause of a paused job; `undefined` when it is not among the last few hundred commits. Rejects
 * with {@link StoreUnavailable} when the journal cannot be read.
 */
export async function lastPause(
  journal: JobJournal,
  { header, progress }: JobView,
): Promise<Pause | undefined> {
  let end = progress.version;
  for (let reads = 0; end > 0 && reads < MOST_READS; reads++) {
    const start = Math.max(0, end - RECORDS_A_READ);
    const records = await journal.read(header, start, end - start);
    for (const { at, events } of records.toReversed()) {
      const pause = events.findLast((event) => event.type === 'job_paused');
      if (pause !== undefined) return { since: at, by: pause.by };
    }
    end = start;
  }
  return undefined;
}
