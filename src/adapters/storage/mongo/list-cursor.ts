import { createHash } from 'node:crypto';
import type { JobQuery } from '../../../ports/job-projections.js';
import { InvalidCursor } from '../../../ports/store-errors.js';

/** The last job of a page. */
export interface ListPosition {
  readonly order: string;
  /** Present in lists by priority. */
  readonly priority?: number;
}

export function encodeCursor(query: JobQuery, position: ListPosition): string {
  const parts = [fingerprint(query), position.order, position.priority ?? 0];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Throws {@link InvalidCursor} for what {@link encodeCursor} did not make for the same list. */
export function decodeCursor(query: JobQuery, cursor: string): ListPosition {
  const parts = parse(cursor);
  if (!Array.isArray(parts)) throw new InvalidCursor();
  const [list, order, priority] = parts as readonly unknown[];
  const byPriority = query.sort.endsWith('priority');
  if (
    list !== fingerprint(query) ||
    typeof order !== 'string' ||
    !isWhole(priority) ||
    (byPriority
      ? priority < 1 || priority > 5 || priority !== (query.priority ?? priority)
      : priority !== 0)
  ) {
    throw new InvalidCursor();
  }
  return byPriority ? { order, priority } : { order };
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
  } catch {
    throw new InvalidCursor();
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Tells lists apart, so that a cursor of one is not followed in another. */
function fingerprint(query: JobQuery): string {
  const filters = [
    query.tenantId,
    query.owner ?? null,
    query.sort,
    query.name ?? null,
    query.type ?? null,
    query.priority ?? null,
    query.createdFrom ?? null,
    query.createdTo ?? null,
    query.status === undefined ? null : [...new Set(query.status)].sort(),
    Object.entries(query.labels ?? {}).sort(byKey),
  ];
  return createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 8);
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
