import { letterOf, letterSeeds } from '../../src/adapters/storage/letters-of.js';
import { decodeTimeCursor, encodeTimeCursor } from '../../src/adapters/storage/list-cursor.js';
import type { JobHeader } from '../../src/core/job/job-record.js';
import type {
  DeadLetter,
  DeadLetterExpiry,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetters,
  Requeue,
} from '../../src/ports/dead-letters.js';
import type { CommitRequest } from '../../src/ports/job-journal.js';

/** Dead letters in memory, as plain as can be. */
export class MemoryDeadLetters implements DeadLetters {
  readonly #letters = new Map<string, DeadLetter>();

  committed(header: JobHeader, request: CommitRequest): void {
    for (const seed of letterSeeds(request)) {
      const letter = letterOf(header, seed);
      if (!this.#letters.has(letter.id)) this.#letters.set(letter.id, letter);
    }
  }

  async list(query: DeadLetterQuery): Promise<DeadLetterPage> {
    await Promise.resolve();
    const start = query.cursor === undefined ? undefined : decodeTimeCursor(query.cursor);
    const found = [...this.#letters.values()]
      .filter((letter) => matches(letter, query))
      .filter(({ at, id }) => start === undefined || compare([at, id], start) < 0)
      .sort((a, b) => compare([b.at, b.id], [a.at, a.id]));
    const letters = found.slice(0, query.limit).map(withoutConfig);
    const last = letters.at(-1);
    if (last === undefined || found.length <= query.limit) return { letters };
    return { letters, next: encodeTimeCursor(last.at, last.id) };
  }

  async get(tenantId: string, id: string): Promise<DeadLetter | undefined> {
    await Promise.resolve();
    const letter = this.#letters.get(id);
    return letter?.tenantId === tenantId ? letter : undefined;
  }

  async setRequeue(
    tenantId: string,
    id: string,
    seen: Requeue | undefined,
    requeue: Requeue | undefined,
  ): Promise<boolean> {
    await Promise.resolve();
    const found = this.#letters.get(id);
    if (found?.tenantId !== tenantId || found.requeued?.jobId !== seen?.jobId) return false;
    const letter: { -readonly [K in keyof DeadLetter]: DeadLetter[K] } = { ...found };
    delete letter.requeued;
    this.#letters.set(id, requeue === undefined ? letter : { ...letter, requeued: requeue });
    return true;
  }

  async delete(tenantId: string, ids: readonly string[]): Promise<number> {
    let deleted = 0;
    for (const id of ids) {
      if ((await this.get(tenantId, id)) !== undefined && this.#letters.delete(id)) deleted++;
    }
    return deleted;
  }

  put(letter: DeadLetter): Promise<void> {
    this.#letters.set(letter.id, letter);
    return Promise.resolve();
  }

  expire({ before = -Infinity, limit }: DeadLetterExpiry): Promise<boolean> {
    const old = [...this.#letters.values()].filter(({ at }) => at < before).slice(0, limit);
    for (const { id } of old) this.#letters.delete(id);
    return Promise.resolve(old.length < limit);
  }
}

/** What lists show of a letter. */
export function withoutConfig(letter: DeadLetter): DeadLetter {
  const info: { -readonly [K in keyof DeadLetter]: DeadLetter[K] } = { ...letter };
  delete info.config;
  return info;
}

function matches(letter: DeadLetter, query: DeadLetterQuery): boolean {
  const { tenantId, owner, jobId, type, status, errorClass, before = Infinity } = query;
  return (
    letter.tenantId === tenantId &&
    (owner ?? letter.owner) === letter.owner &&
    (jobId ?? letter.jobId) === letter.jobId &&
    (type ?? letter.type) === letter.type &&
    (errorClass ?? letter.error.class) === letter.error.class &&
    (status === undefined || (status === 'requeued') === (letter.requeued !== undefined)) &&
    letter.at < before
  );
}

function compare(a: readonly [number, string], b: readonly [number, string]): number {
  return a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);
}
