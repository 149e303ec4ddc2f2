import type { Statement } from 'better-sqlite3';
import type { Connection, Remembering } from './connection.js';
import { BLOCK_JOBS, type Bits, clearRange, emptyBits, hasBit, setBit } from './posting-bits.js';

/** Jobs are sealed into the index in segments of this many consecutive `seq` numbers. */
export const SEGMENT_JOBS = 256;
const SEGMENTS = BLOCK_JOBS / SEGMENT_JOBS;

/** Epoch milliseconds: from, inclusive, and to, exclusive. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

interface BoundsRow {
  readonly block: number;
  readonly bounds: Uint8Array;
}

interface BlockBounds {
  /** Earliest and latest of each segment, in turn. */
  readonly bounds: Float64Array;
  readonly earliest: number;
  readonly latest: number;
}

/**
 * The earliest and the latest creation in every sealed segment, by which a period is narrowed to
 * the segments that can hold it. Clocks are set back now and then, so nothing is assumed of the
 * order of creation times: where a segment lies partly in a period its jobs are looked at.
 */
export class TimeBounds implements Remembering {
  readonly #get: Statement<[number], Uint8Array>;
  readonly #put: Statement<[number, Uint8Array]>;
  readonly #last: Statement<[], BoundsRow>;
  readonly #within: Statement<[number, number, number, number], number>;
  /** Of full blocks only: those no longer change. */
  readonly #full = new Map<number, BlockBounds>();
  #sealed: number | undefined;

  constructor(connection: Connection) {
    this.#get = connection
      .prepare<[number], Uint8Array>('SELECT bounds FROM time_bounds WHERE block = ?')
      .pluck();
    this.#put = connection.prepare(
      'INSERT INTO time_bounds (block, bounds) VALUES (?, ?) ' +
        'ON CONFLICT (block) DO UPDATE SET bounds = excluded.bounds',
    );
    this.#last = connection.prepare(
      'SELECT block, bounds FROM time_bounds WHERE block >= 0 ORDER BY block DESC LIMIT 1',
    );
    this.#within = connection
      .prepare<[number, number, number, number], number>(
        'SELECT seq FROM job WHERE seq >= ? AND seq < ? AND created_at >= ? AND created_at < ?',
      )
      .pluck();
    connection.remember(this);
  }

  forget(): void {
    this.#full.clear();
    this.#sealed = undefined;
  }

  /** The first `seq` that is not sealed; a multiple of {@link SEGMENT_JOBS}. */
  get sealed(): number {
    if (this.#sealed === undefined) {
      const last = this.#last.get();
      this.#sealed =
        last === undefined ? 0 : last.block * BLOCK_JOBS + (last.bounds.length / 16) * SEGMENT_JOBS;
    }
    return this.#sealed;
  }

  /** Adds the next segment. Only within a write. */
  seal(earliest: number, latest: number): void {
    const block = Math.floor(this.sealed / BLOCK_JOBS);
    const before = this.#get.get(block);
    const size = before?.length ?? 0;
    const bytes = new Uint8Array(size + 16);
    if (before !== undefined) bytes.set(before);
    const view = new DataView(bytes.buffer);
    view.setFloat64(size, earliest, true);
    view.setFloat64(size + 8, latest, true);
    this.#put.run(block, bytes);
    this.#sealed = this.sealed + SEGMENT_JOBS;
  }

  /** Whether a block can hold jobs of a period. */
  mayHold(block: number, period: Period): boolean {
    const { earliest, latest } = this.#block(block);
    return latest >= period.from && earliest < period.to;
  }

  /** The first `seq` from this one on, of those sealed, whose segment can hold jobs of a period. */
  nextWithin(from: number, period: Period): number | undefined {
    for (let base = from - (from % BLOCK_JOBS); base < this.sealed; base += BLOCK_JOBS) {
      const block = base / BLOCK_JOBS;
      if (!this.mayHold(block, period)) continue;
      const { bounds } = this.#block(block);
      for (let segment = 0; segment * 2 < bounds.length; segment += 1) {
        const start = base + segment * SEGMENT_JOBS;
        if (start + SEGMENT_JOBS <= from) continue;
        if (overlap(bounds, segment, period) !== 'none') return Math.max(from, start);
      }
    }
    return undefined;
  }

  /** Clears the bits of jobs that were not created in the period. */
  narrow(bits: Bits, block: number, period: Period): void {
    const { bounds } = this.#block(block);
    for (let segment = 0; segment < SEGMENTS; segment += 1) {
      const from = segment * SEGMENT_JOBS;
      const to = from + SEGMENT_JOBS;
      const fit = overlap(bounds, segment, period);
      if (fit === 'none') clearRange(bits, from, to);
      if (fit === 'part') this.#narrowSegment(bits, block * BLOCK_JOBS, from, to, period);
    }
  }

  #narrowSegment(bits: Bits, base: number, from: number, to: number, period: Period): void {
    const kept = emptyBits();
    for (const seq of this.#within.iterate(base + from, base + to, period.from, period.to)) {
      if (hasBit(bits, seq - base)) setBit(kept, seq - base);
    }
    for (let word = from >>> 5; word < to >>> 5; word += 1) bits[word] = kept[word] ?? 0;
  }

  #block(block: number): BlockBounds {
    const cached = this.#full.get(block);
    if (cached !== undefined) return cached;
    const stored = this.#get.get(block) ?? new Uint8Array(0);
    const view = new DataView(stored.buffer, stored.byteOffset, stored.length);
    const bounds = new Float64Array(stored.length / 8);
    let earliest = Infinity;
    let latest = -Infinity;
    for (let at = 0; at < bounds.length; at += 1) {
      const bound = view.getFloat64(at * 8, true);
      bounds[at] = bound;
      earliest = Math.min(earliest, bound);
      latest = Math.max(latest, bound);
    }
    const read = { bounds, earliest, latest };
    if (bounds.length === SEGMENTS * 2) this.#full.set(block, read);
    return read;
  }
}

function overlap(bounds: Float64Array, segment: number, period: Period): 'none' | 'part' | 'whole' {
  const earliest = bounds[segment * 2];
  const latest = bounds[segment * 2 + 1];
  if (earliest === undefined || latest === undefined) return 'none';
  if (latest < period.from || earliest >= period.to) return 'none';
  return earliest >= period.from && latest < period.to ? 'whole' : 'part';
}
