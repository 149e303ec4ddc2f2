import type { CachedResult, ResultCache } from '../../src/ports/result-cache.js';

/** Results in memory, as plain as can be. */
export class MemoryResultCache implements ResultCache {
  readonly results = new Map<string, CachedResult>();

  async get(tenantId: string, hash: string, now: number): Promise<CachedResult | undefined> {
    await Promise.resolve();
    const found = this.results.get(hash);
    return found?.tenantId === tenantId && found.expiresAt > now ? found : undefined;
  }

  async put(result: CachedResult): Promise<void> {
    await Promise.resolve();
    this.results.set(result.hash, structuredClone(result));
  }

  delete(tenantId: string, key: string | undefined, limit: number): Promise<number> {
    return this.#drop(
      (result) => result.tenantId === tenantId && (key ?? result.key) === result.key,
      limit,
    );
  }

  async expire(now: number, limit: number): Promise<boolean> {
    return (await this.#drop(({ expiresAt }) => expiresAt <= now, limit)) < limit;
  }

  async #drop(which: (result: CachedResult) => boolean, limit: number): Promise<number> {
    await Promise.resolve();
    const some = [...this.results.values()].filter(which).slice(0, limit);
    for (const { hash } of some) this.results.delete(hash);
    return some.length;
  }
}
