import type { Statement } from 'better-sqlite3';
import type { Connection, Remembering } from './connection.js';
import {
  BLOCK_JOBS,
  type Bits,
  clearBit,
  decodeBits,
  emptyBits,
  encodeBits,
  setBit,
} from './posting-bits.js';

/** Blocks a facet may have: a posting's place is `facet * MAX_BLOCKS + block`. */
const MAX_BLOCKS = 2 ** 22;
const CACHED_FACETS = 50_000;
/** Postings that lists have read lately: 2 KiB each. */
const KEPT_POSTINGS = 4096;

/** A property that jobs of a scope share, such as `status=failed`, and how many do. */
export interface Facet {
  readonly id: number;
  readonly total: number;
}

interface Edit {
  readonly set: number[];
  readonly clear: number[];
}

interface PostingRow {
  readonly place: number;
  readonly bits: Uint8Array;
}

/** The jobs of each facet, as bitmaps over `job.seq`, and how many they are. */
export class Postings implements Remembering {
  readonly #facet: Statement<[number, string], Facet>;
  readonly #addFacet: Statement<[number, string]>;
  readonly #addTotal: Statement<[number, number]>;
  readonly #dropFacet: Statement<[number, number]>;
  readonly #get: Statement<[number], Uint8Array>;
  readonly #put: Statement<[number, Uint8Array]>;
  readonly #drop: Statement<[number]>;
  readonly #next: Statement<[number, number], PostingRow>;
  readonly #previous: Statement<[number, number], PostingRow>;
  readonly #ids = new Map<number, Map<string, number>>();
  #cached = 0;
  readonly #read = new Map<number, Bits>();
  #edits = new Map<number, Edit>();

  constructor(connection: Connection) {
    this.#facet = connection.prepare('SELECT id, total FROM facet WHERE scope = ? AND name = ?');
    this.#addFacet = connection.prepare('INSERT INTO facet (scope, name) VALUES (?, ?)');
    this.#addTotal = connection.prepare('UPDATE facet SET total = total + ? WHERE id = ?');
    this.#dropFacet = connection.prepare('DELETE FROM facet WHERE id = ? AND total = ?');
    this.#get = connection
      .prepare<[number], Uint8Array>('SELECT bits FROM posting WHERE place = ?')
      .pluck();
    this.#put = connection.prepare(
      'INSERT INTO posting (place, bits) VALUES (?, ?) ' +
        'ON CONFLICT (place) DO UPDATE SET bits = excluded.bits',
    );
    this.#drop = connection.prepare('DELETE FROM posting WHERE place = ?');
    this.#next = connection.prepare(
      'SELECT place, bits FROM posting WHERE place >= ? AND place < ? ORDER BY place LIMIT 1',
    );
    this.#previous = connection.prepare(
      'SELECT place, bits FROM posting WHERE place <= ? AND place >= ? ORDER BY place DESC LIMIT 1',
    );
    connection.remember(this);
  }

  forget(): void {
    this.#ids.clear();
    this.#cached = 0;
    this.#read.clear();
    this.#edits = new Map();
  }

  find(scope: number, name: string): Facet | undefined {
    return this.#facet.get(scope, name);
  }

  /** Notes that a job has this property; written by {@link flush}. */
  set(scope: number, name: string, seq: number): void {
    this.#edit(scope, name, seq).set.push(seq % BLOCK_JOBS);
  }

  /** Notes that a job no longer has this property; written by {@link flush}. */
  clear(scope: number, name: string, seq: number): void {
    this.#edit(scope, name, seq).clear.push(seq % BLOCK_JOBS);
  }

  /** Writes what was noted, each posting once. Only within a write. */
  flush(emptyFacets: 'keep' | 'forget' = 'keep'): void {
    if (this.#edits.size === 0) return;
    const edits = this.#edits;
    this.#edits = new Map();
    const totals = new Map<number, number>();
    for (const [place, edit] of edits) {
      this.#read.delete(place);
      const stored = this.#get.get(place);
      const bits = stored === undefined ? emptyBits() : decodeBits(stored);
      let delta = 0;
      for (const index of edit.set) delta += setBit(bits, index);
      for (const index of edit.clear) delta += clearBit(bits, index);
      const bytes = encodeBits(bits);
      if (bytes !== undefined) this.#put.run(place, bytes);
      else if (stored !== undefined) this.#drop.run(place);
      const facet = Math.floor(place / MAX_BLOCKS);
      totals.set(facet, (totals.get(facet) ?? 0) + delta);
    }
    for (const [facet, delta] of totals) {
      if (delta < 0 && emptyFacets === 'forget' && this.#dropIfOnly(facet, -delta)) continue;
      if (delta !== 0) this.#addTotal.run(delta, facet);
    }
  }

  /** Forgets a facet that no other jobs than these have. */
  #dropIfOnly(facet: number, jobs: number): boolean {
    if (this.#dropFacet.run(facet, jobs).changes === 0) return false;
    // The number may be given to another facet next.
    this.#ids.clear();
    this.#cached = 0;
    return true;
  }

  /** The jobs of a facet in one block. Shared: to be copied before it is changed. */
  block(facet: number, block: number): Bits | undefined {
    const place = facet * MAX_BLOCKS + block;
    const known = this.#read.get(place);
    if (known !== undefined) return known;
    const bytes = this.#get.get(place);
    return bytes === undefined ? undefined : this.#keep(place, bytes);
  }

  /** The nearest block, from this one on in the direction asked for, in which the facet has jobs. */
  nearest(facet: number, block: number, descending: boolean): number | undefined {
    if (block < 0) return undefined;
    const base = facet * MAX_BLOCKS;
    if (this.#read.has(base + block)) return block;
    const row = descending
      ? this.#previous.get(base + block, base)
      : this.#next.get(base + block, base + MAX_BLOCKS);
    if (row === undefined) return undefined;
    this.#keep(row.place, row.bits);
    return row.place - base;
  }

  #keep(place: number, bytes: Uint8Array): Bits {
    if (this.#read.size >= KEPT_POSTINGS) this.#read.clear();
    const bits = decodeBits(bytes);
    this.#read.set(place, bits);
    return bits;
  }

  #edit(scope: number, name: string, seq: number): Edit {
    const place = this.#idOf(scope, name) * MAX_BLOCKS + Math.floor(seq / BLOCK_JOBS);
    let edit = this.#edits.get(place);
    if (edit === undefined) this.#edits.set(place, (edit = { set: [], clear: [] }));
    return edit;
  }

  #idOf(scope: number, name: string): number {
    let names = this.#ids.get(scope);
    const cached = names?.get(name);
    if (cached !== undefined) return cached;
    const id =
      this.#facet.get(scope, name)?.id ?? Number(this.#addFacet.run(scope, name).lastInsertRowid);
    if (this.#cached >= CACHED_FACETS) {
      this.#ids.clear();
      this.#cached = 0;
      names = undefined;
    }
    if (names === undefined) this.#ids.set(scope, (names = new Map<string, number>()));
    names.set(name, id);
    this.#cached += 1;
    return id;
  }
}
