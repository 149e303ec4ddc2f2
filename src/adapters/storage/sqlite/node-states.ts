import type { Statement } from 'better-sqlite3';
import { withoutOutput, type NodeProjection } from '../../../core/job/job-record.js';
import type { NodeStatus } from '../../../core/job/status.js';
import type { Json } from '../../../core/json.js';
import type { Connection } from './connection.js';
import { decodeRecordBody } from '../record-body.js';

/** Nodes a job may have: places are `seq * MAX_NODES + index`. */
export const MAX_NODES = 2 ** 20;
/** Projections that may stand in records only; as many are parsed at most when nodes are read. */
const FOLD_NODES = 256;
/** Characters of records that may be unfolded. */
const FOLD_SIZE = 256 * 1024;
/** Nodes that are passed over together when each of them has a state of its own. */
const STRETCH = 256;

type StateRow = [state: string, output: string | null];

/** What is not yet folded of a job's records. */
export interface Unfolded {
  /** The version up to which node projections are in rows. */
  folded: number;
  nodes: number;
  size: number;
}

/**
 * The states of nodes. A commit stores them with its record and nothing else; when a job's records
 * have gathered enough of them, they are folded into a row a node, the last state of each once.
 * A job of few nodes is never folded: reading its records costs less than its rows would.
 */
export class NodeStates {
  readonly #foldedTo: Statement<[number], number>;
  readonly #setFolded: Statement<[number, number]>;
  readonly #unfolded: Statement<[number, number], string>;
  readonly #put: Statement<[number, string, string, string | null]>;
  readonly #one: Statement<[number], StateRow>;
  readonly #wholeRange: Statement<[number, number], StateRow>;
  readonly #oneState: Statement<[number], string>;
  readonly #range: Statement<[number, number], string>;
  readonly #statusRange: Statement<[number, number], [place: number, status: NodeStatus]>;
  readonly #count: Statement<[number, number], number>;
  readonly #anyUnusual: Statement<[string, number, number], number>;
  readonly #unusual: Statement<[string, number, number, number], string>;
  readonly #completed: Statement<[number, number, number], string>;

  constructor(connection: Connection) {
    this.#foldedTo = connection
      .prepare<[number], number>('SELECT version FROM fold WHERE job = ?')
      .pluck();
    this.#setFolded = connection.prepare(
      'INSERT OR REPLACE INTO fold (job, version) VALUES (?, ?)',
    );
    this.#unfolded = connection
      .prepare<[number, number], string>(
        'SELECT body FROM journal WHERE job = ? AND version > ? ORDER BY version',
      )
      .pluck();
    this.#put = connection.prepare(
      'INSERT INTO node_state (place, status, state, output) VALUES (?, ?, ?, ?) ' +
        'ON CONFLICT (place) DO UPDATE SET status = excluded.status, state = excluded.state, ' +
        'output = excluded.output',
    );
    this.#one = connection
      .prepare<[number], StateRow>('SELECT state, output FROM node_state WHERE place = ?')
      .raw();
    this.#wholeRange = connection
      .prepare<[number, number], StateRow>(
        'SELECT state, output FROM node_state WHERE place >= ? AND place < ? ORDER BY place',
      )
      .raw();
    this.#oneState = connection
      .prepare<[number], string>('SELECT state FROM node_state WHERE place = ?')
      .pluck();
    this.#range = connection
      .prepare<[number, number], string>(
        'SELECT state FROM node_state WHERE place >= ? AND place <= ? ORDER BY place',
      )
      .pluck();
    this.#statusRange = connection
      .prepare<[number, number], [place: number, status: NodeStatus]>(
        'SELECT place, status FROM node_state WHERE place >= ? AND place <= ? ORDER BY place',
      )
      .raw();
    this.#count = connection
      .prepare<[number, number], number>(
        'SELECT count(*) FROM node_state WHERE place >= ? AND place <= ?',
      )
      .pluck();
    this.#anyUnusual = connection
      .prepare<[string, number, number], number>(
        "SELECT 1 FROM node_state WHERE status = ? AND status <> 'completed' " +
          'AND place >= ? AND place <= ? LIMIT 1',
      )
      .pluck();
    this.#unusual = connection
      .prepare<[string, number, number, number], string>(
        "SELECT state FROM node_state WHERE status = ? AND status <> 'completed' " +
          'AND place > ? AND place < ? ORDER BY place LIMIT ?',
      )
      .pluck();
    this.#completed = connection
      .prepare<[number, number, number], string>(
        "SELECT state FROM node_state WHERE +status = 'completed' " +
          'AND place > ? AND place < ? ORDER BY place LIMIT ?',
      )
      .pluck();
  }

  foldedTo(job: number): number {
    return this.#foldedTo.get(job) ?? 0;
  }

  /** To be called within the commit of a record; folds when it is time. */
  committed(job: number, version: number, nodes: number, size: number, state: Unfolded): void {
    state.nodes += nodes;
    state.size += size;
    if (state.nodes < FOLD_NODES && state.size < FOLD_SIZE) return;
    for (const [index, node] of this.#pending(job, state.folded)) {
      const output = node.output === undefined ? null : JSON.stringify(node.output);
      const state = JSON.stringify(withoutOutput(node));
      this.#put.run(job * MAX_NODES + index, node.status, state, output);
    }
    this.#setFolded.run(job, version);
    state.folded = version;
    state.nodes = 0;
    state.size = 0;
  }

  one(job: number, index: number): NodeProjection | undefined {
    const pending = this.#pending(job, this.foldedTo(job)).get(index);
    if (pending !== undefined) return pending;
    const row = this.#one.get(job * MAX_NODES + index);
    return row === undefined ? undefined : decodeState(row);
  }

  /** States, outputs included, of those of the nodes from `first` up to `end` that have one. */
  range(job: number, first: number, end: number): NodeProjection[] {
    const folded = this.foldedTo(job);
    const states = new Map<number, NodeProjection>();
    const base = job * MAX_NODES;
    if (folded > 0) {
      for (const row of this.#wholeRange.iterate(base + first, base + end)) {
        const node = decodeState(row);
        states.set(node.index, node);
      }
    }
    for (const [index, node] of this.#pending(job, folded)) {
      if (index >= first && index < end) states.set(index, node);
    }
    return [...states.values()].sort((a, b) => a.index - b.index);
  }

  /** States, without outputs, of those of the nodes, given in order, that have one. */
  among(job: number, indexes: readonly number[]): Map<number, NodeProjection> {
    const folded = this.foldedTo(job);
    const pending = this.#pending(job, folded);
    const states = new Map<number, NodeProjection>();
    const first = indexes[0] ?? 0;
    const last = indexes.at(-1) ?? 0;
    const base = job * MAX_NODES;
    if (folded > 0 && last - first < indexes.length) {
      for (const text of this.#range.iterate(base + first, base + last)) {
        const node = JSON.parse(text) as NodeProjection;
        states.set(node.index, node);
      }
    } else if (folded > 0) {
      for (const index of indexes) {
        const text = this.#oneState.get(base + index);
        if (text !== undefined) states.set(index, JSON.parse(text) as NodeProjection);
      }
    }
    for (const index of indexes) {
      const node = pending.get(index);
      if (node !== undefined) states.set(index, withoutOutput(node));
    }
    return states;
  }

  /** The first `limit` nodes after an index that have a stored state of this status, in order, without outputs. */
  withStatus(job: number, status: NodeStatus, after: number, limit: number): NodeProjection[] {
    const folded = this.foldedTo(job);
    const pending = this.#pending(job, folded);
    const found = [...pending.values()]
      .filter((node) => node.status === status && node.index > after)
      .map(withoutOutput);
    if (folded > 0) {
      // Rows that a later record overrides do not count towards the limit.
      const rows = limit + pending.size;
      const low = job * MAX_NODES + after;
      const high = (job + 1) * MAX_NODES;
      const texts =
        status === 'completed'
          ? this.#completed.iterate(low, high, rows)
          : this.#unusual.iterate(status, low, high, rows);
      for (const text of texts) {
        const node = JSON.parse(text) as NodeProjection;
        if (!pending.has(node.index)) found.push(node);
      }
    }
    return found.sort((a, b) => a.index - b.index).slice(0, limit);
  }

  /** The first `limit` nodes after an index that have no stored state, or one of this status. */
  unstartedOr(
    job: number,
    status: NodeStatus,
    after: number,
    limit: number,
    nodeCount: number,
  ): number[] {
    const folded = this.foldedTo(job);
    const pending = this.#pending(job, folded);
    const overriding = [...pending.values()].filter((node) => node.status === status);
    const found: number[] = [];
    const take = (index: number, stored: NodeStatus | undefined): void => {
      const now = pending.get(index)?.status ?? stored;
      if (now === undefined || now === status) found.push(index);
    };
    let next = after + 1;
    const base = job * MAX_NODES;
    while (next < nodeCount && found.length < limit) {
      const end = Math.min(next + STRETCH, nodeCount);
      const rows = folded > 0 ? (this.#count.get(base + next, base + end - 1) ?? 0) : 0;
      const overridden = overriding.some((node) => node.index >= next && node.index < end);
      const none =
        status === 'pending' || !this.#anyUnusual.get(status, base + next, base + end - 1);
      if (rows === end - next && none && !overridden) {
        next = end;
        continue;
      }
      if (rows > 0) {
        for (const [place, stored] of this.#statusRange.iterate(base + next, base + end - 1)) {
          while (next < place - base) take(next++, undefined);
          take(next++, stored);
        }
      }
      while (next < end) take(next++, undefined);
    }
    return found.slice(0, limit);
  }

  #pending(job: number, folded: number): Map<number, NodeProjection> {
    const states = new Map<number, NodeProjection>();
    for (const body of this.#unfolded.iterate(job, folded)) {
      for (const node of decodeRecordBody(body).nodes) states.set(node.index, node);
    }
    return states;
  }
}

function decodeState([state, output]: StateRow): NodeProjection {
  const node = JSON.parse(state) as NodeProjection;
  return output === null ? node : { ...node, output: JSON.parse(output) as Json };
}
