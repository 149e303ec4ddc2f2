const REMEMBERED = 10_000;

/**
 * How long what is known of a job may be acted on, in ms. What retention takes out keeps late commits
 * off for much longer (`FENCE_MS`), so knowledge this young cannot be of a job that is gone by then.
 */
export const KNOWN_FOR = 24 * 3_600_000;

/** Versions that jobs were found to have reached a while ago at most. */
export class KnownVersions {
  readonly #now: () => number;
  readonly #versions = new Map<string, { readonly version: number; readonly at: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the job is known to have this version. Every job has version 0. */
  has(job: string, version: number): boolean {
    if (version <= 0) return true;
    const known = this.#versions.get(job);
    return known !== undefined && known.version >= version && this.#now() - known.at <= KNOWN_FOR;
  }

  /** The job was just found to have this version. */
  atLeast(job: string, version: number): void {
    const newest = Math.max(version, this.#versions.get(job)?.version ?? 0);
    this.#versions.delete(job);
    this.#versions.set(job, { version: newest, at: this.#now() });
    const [oldest] = this.#versions.keys();
    if (this.#versions.size > REMEMBERED && oldest !== undefined) this.#versions.delete(oldest);
  }
}
