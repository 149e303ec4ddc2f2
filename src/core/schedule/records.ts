import { MAX_RECENT, type FiringRecord } from './schedule.js';

/**
 * The records with later ones, `added` being in the order in which they came. Firings that were
 * skipped in a row for the same reason share a record, so that they leave room for others.
 */
export function recorded(
  recent: readonly FiringRecord[],
  added: readonly FiringRecord[],
): readonly FiringRecord[] {
  if (added.length === 0) return recent;
  const records = [...recent];
  for (const record of added) {
    const last = records[0];
    if (last !== undefined && continues(last, record)) {
      const { at: until, decidedAt } = record;
      records[0] = { ...last, until, decidedAt, count: (last.count ?? 1) + 1 };
    } else records.unshift(record);
  }
  return records.slice(0, MAX_RECENT);
}

function continues(last: FiringRecord, record: FiringRecord): boolean {
  return (
    record.outcome === 'skipped' &&
    last.outcome === 'skipped' &&
    record.reason === last.reason &&
    record.at > (last.until ?? last.at)
  );
}
