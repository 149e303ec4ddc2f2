import type { Statement } from 'better-sqlite3';
import type { NodeDefinition } from '../../../core/graph/definition.js';
import type { DefinitionChunk } from '../../../core/job/job-record.js';
import type { Connection } from './connection.js';

/** Where the definition of a job is: in its own row when it is one chunk, else in parts. */
export interface DefinitionPlace {
  readonly seq: number;
  readonly parts: number | null;
}

interface PartRow {
  readonly first: number;
  readonly nodes: string;
}

/** Node definitions, staged and settled. What is settled never changes. */
export class Definitions {
  readonly #staged: Statement<[number, string], number>;
  readonly #stage: Statement<[number, string]>;
  readonly #unstage: Statement<[number]>;
  readonly #put: Statement<[number, number, string]>;
  readonly #oldestStaged: Statement<[], number | null>;
  readonly #dropParts: Statement<[number]>;
  readonly #inline: Statement<[number], string>;
  readonly #partAt: Statement<[number, number], PartRow>;
  readonly #partsFrom: Statement<[number, number, number], PartRow>;
  readonly #holding: Statement<[number, number, string], PartRow>;

  constructor(connection: Connection) {
    this.#staged = connection
      .prepare<[number, string], number>(
        'SELECT parts FROM staging WHERE tenant = ? AND job_id = ?',
      )
      .pluck();
    this.#stage = connection.prepare('INSERT INTO staging (tenant, job_id) VALUES (?, ?)');
    this.#unstage = connection.prepare('DELETE FROM staging WHERE parts = ?');
    this.#put = connection.prepare(
      'INSERT OR REPLACE INTO definition_part (parts, first, nodes) VALUES (?, ?, ?)',
    );
    this.#oldestStaged = connection
      .prepare<[], number | null>('SELECT min(parts) FROM staging')
      .pluck();
    this.#dropParts = connection.prepare('DELETE FROM definition_part WHERE parts = ?');
    this.#inline = connection
      .prepare<[number], string>('SELECT definition FROM job WHERE seq = ?')
      .pluck();
    this.#partAt = connection.prepare(
      'SELECT first, nodes FROM definition_part WHERE parts = ? AND first <= ? ORDER BY first DESC LIMIT 1',
    );
    this.#partsFrom = connection.prepare(
      'SELECT first, nodes FROM definition_part WHERE parts = ? AND first > ? ORDER BY first LIMIT ?',
    );
    this.#holding = connection.prepare(
      'SELECT first, nodes FROM definition_part WHERE parts = ? AND first > ? AND instr(nodes, ?) > 0 ORDER BY first LIMIT 1',
    );
  }

  stage(tenant: number, jobId: string, chunk: DefinitionChunk): void {
    const parts =
      this.#staged.get(tenant, jobId) ?? Number(this.#stage.run(tenant, jobId).lastInsertRowid);
    this.#put.run(parts, chunk.first, JSON.stringify(chunk.nodes));
  }

  /** Forgets the parts of one job that was never created; false when there is none left. */
  sweepOne(): boolean {
    const parts = this.#oldestStaged.get();
    if (parts === undefined || parts === null) return false;
    this.#dropParts.run(parts);
    this.#unstage.run(parts);
    return true;
  }

  /** Whether anything is staged for a job. */
  isStaged(tenant: number, jobId: string): boolean {
    return this.#staged.get(tenant, jobId) !== undefined;
  }

  /** Makes the staged chunks and these the definition of a job being created. */
  settle(tenant: number, jobId: string, chunks: readonly DefinitionChunk[]): number {
    for (const chunk of chunks) this.stage(tenant, jobId, chunk);
    const parts =
      this.#staged.get(tenant, jobId) ?? Number(this.#stage.run(tenant, jobId).lastInsertRowid);
    this.#unstage.run(parts);
    return parts;
  }

  /** The chunks that hold node `first` and those after it, at most `limit`. */
  read(place: DefinitionPlace, first: number, limit: number): readonly DefinitionChunk[] {
    if (limit < 1) return [];
    if (place.parts === null) {
      const nodes = this.#inlineNodes(place.seq);
      return first < nodes.length ? [{ first: 0, nodes }] : [];
    }
    const chunks: DefinitionChunk[] = [];
    const holder = this.#partAt.get(place.parts, first);
    if (holder !== undefined) {
      const chunk = parse(holder);
      if (first < chunk.first + chunk.nodes.length) chunks.push(chunk);
    }
    const rest = limit - chunks.length;
    if (rest > 0) {
      for (const row of this.#partsFrom.iterate(place.parts, first, rest)) chunks.push(parse(row));
    }
    return chunks;
  }

  /** Finds a node by its id: its text is looked for first, and only where it occurs is parsed. */
  find(
    place: DefinitionPlace,
    nodeId: string,
  ): { readonly index: number; readonly definition: NodeDefinition } | undefined {
    if (place.parts === null)
      return findIn({ first: 0, nodes: this.#inlineNodes(place.seq) }, nodeId);
    const needle = `"id":${JSON.stringify(nodeId)}`;
    let after = -1;
    for (;;) {
      const row = this.#holding.get(place.parts, after, needle);
      if (row === undefined) return undefined;
      const found = findIn(parse(row), nodeId);
      if (found !== undefined) return found;
      after = row.first;
    }
  }

  #inlineNodes(seq: number): readonly NodeDefinition[] {
    const text = this.#inline.get(seq);
    return text === undefined ? [] : (JSON.parse(text) as readonly NodeDefinition[]);
  }
}

function parse(row: PartRow): DefinitionChunk {
  return { first: row.first, nodes: JSON.parse(row.nodes) as readonly NodeDefinition[] };
}

function findIn(
  chunk: DefinitionChunk,
  nodeId: string,
): { readonly index: number; readonly definition: NodeDefinition } | undefined {
  const at = chunk.nodes.findIndex((node) => node.id === nodeId);
  const definition = chunk.nodes[at];
  return definition === undefined ? undefined : { index: chunk.first + at, definition };
}
