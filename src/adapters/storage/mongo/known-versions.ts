const REMEMBERED = 10_000;

/**
 * Versions that jobs are known to have reached. Versions are never taken back, so what is known stays
 * true, whoever else drives the job.
 */
export class KnownVersions {
  readonly #versions = new Map<string, number>();

  /** Whether the job is known to have this version. Every job has version 0. */
  has(job: string, version: number): boolean {
    return version <= 0 || (this.#versions.get(job) ?? 0) >= version;
  }

  atLeast(job: string, version: number): void {
    const newest = Math.max(version, this.#versions.get(job) ?? 0);
    this.#versions.delete(job);
    this.#versions.set(job, newest);
    const [oldest] = this.#versions.keys();
    if (this.#versions.size > REMEMBERED && oldest !== undefined) this.#versions.delete(oldest);
  }
}
