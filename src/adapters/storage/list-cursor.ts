import { createHash } from 'node:crypto';
import type { JobQuery } from '../../ports/job-projections.js';
import { InvalidCursor } from '../../ports/store-errors.js';

/** The last job of a page: its place in the store's order of creation. */
export interface ListPosition<Place extends number | string> {
  readonly place: Place;
  /** Present in lists by priority. */
  readonly priority?: number;
}

export function encodeCursor(query: JobQuery, position: ListPosition<number | string>): string {
  const parts = [fingerprint(query), position.place, position.priority ?? 0];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** Throws {@link InvalidCursor} for what {@link encodeCursor} did not make for the same list. */
export function decodeCursor<Place extends number | string>(
  query: JobQuery,
  cursor: string,
  isPlace: (value: unknown) => value is Place,
): ListPosition<Place> {
  const parts = parse(cursor);
  if (!Array.isArray(parts)) throw new InvalidCursor();
  const [list, place, priority] = parts as readonly unknown[];
  const byPriority = query.sort.endsWith('priority');
  if (
    list !== fingerprint(query) ||
    !isPlace(place) ||
    !isWhole(priority) ||
    (byPriority
      ? priority < 1 || priority > 5 || priority !== (query.priority ?? priority)
      : priority !== 0)
  ) {
    throw new InvalidCursor();
  }
  return byPriority ? { place, priority } : { place };
}

export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A cursor of a list by name: the last name of the page. */
export function encodeNameCursor(name: string): string {
  return Buffer.from(JSON.stringify([name])).toString('base64url');
}

/** Throws {@link InvalidCursor} for what {@link encodeNameCursor} did not make. */
export function decodeNameCursor(cursor: string): string {
  const parts = parse(cursor);
  if (Array.isArray(parts) && parts.length === 1 && typeof parts[0] === 'string') return parts[0];
  throw new InvalidCursor();
}

/** A cursor of a list by owner and name: those of the last thing of the page. */
export function encodeOwnedCursor(owner: string, name: string): string {
  return Buffer.from(JSON.stringify([owner, name])).toString('base64url');
}

/** Throws {@link InvalidCursor} for what {@link encodeOwnedCursor} did not make. */
export function decodeOwnedCursor(cursor: string): readonly [owner: string, name: string] {
  const parts = parse(cursor);
  if (Array.isArray(parts) && parts.length === 2) {
    const [owner, name] = parts as readonly unknown[];
    if (typeof owner === 'string' && typeof name === 'string') return [owner, name];
  }
  throw new InvalidCursor();
}

/** A cursor of a list by number: the last number of the page. */
export function encodeNumberCursor(place: number): string {
  return Buffer.from(JSON.stringify([place])).toString('base64url');
}

/** Throws {@link InvalidCursor} for what {@link encodeNumberCursor} did not make. */
export function decodeNumberCursor(cursor: string): number {
  const parts = parse(cursor);
  if (Array.isArray(parts) && parts.length === 1 && isWhole(parts[0])) return parts[0];
  throw new InvalidCursor();
}

/** A cursor of a list by time: when the last of the page was, and its id. */
export function encodeTimeCursor(at: number, id: string): string {
  return Buffer.from(JSON.stringify([at, id])).toString('base64url');
}

/** Throws {@link InvalidCursor} for what {@link encodeTimeCursor} did not make. */
export function decodeTimeCursor(cursor: string): readonly [at: number, id: string] {
  const parts = parse(cursor);
  if (!Array.isArray(parts) || parts.length !== 2) throw new InvalidCursor();
  const [at, id] = parts as readonly unknown[];
  if (!isWhole(at) || typeof id !== 'string') throw new InvalidCursor();
  return [at, id];
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
  } catch {
    throw new InvalidCursor();
  }
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
