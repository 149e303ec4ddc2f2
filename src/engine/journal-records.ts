import type { JobRef } from '../core/job/job-record.js';
import type { JobJournal, JournalRecord } from '../ports/job-journal.js';
import { breathe } from './slices.js';

/** A record may hold a thousand events, each with an output of 256 KiB. */
const RECORDS_A_READ = 8;

/** All records of a job, oldest first, a few at a time, letting the event loop breathe in between. */
export async function* recordsOf(
  journal: JobJournal,
  job: JobRef,
): AsyncGenerator<JournalRecord, void> {
  for (let version = 0; ;) {
    const records = await journal.read(job, version, RECORDS_A_READ);
    yield* records;
    const last = records.at(-1);
    if (last === undefined || records.length < RECORDS_A_READ) return;
    version = last.version;
    await breathe();
  }
}
