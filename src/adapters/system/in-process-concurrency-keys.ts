import type { JobRef } from '../../core/job/job-record.js';
import type { ConcurrencyKeys, KeyHolder } from '../../ports/concurrency-keys.js';

/**
 * Concurrency keys where one process drives all jobs of a store. Nothing is stored: after a restart the
 * holders follow from the journals of the jobs that are taken up.
 */
export class InProcessConcurrencyKeys implements ConcurrencyKeys {
  readonly #keys = new Map<string, Map<string, KeyHolder>>();

  async acquire(holder: KeyHolder, limit: number): Promise<boolean> {
    await Promise.resolve();
    const holders = this.#keys.get(keyName(holder.tenantId, holder.key));
    const id = holderName(holder);
    if ((holders?.get(id)?.epoch ?? 0) > holder.epoch) return false;
    const others = (holders?.size ?? 0) - (holders?.has(id) === true ? 1 : 0);
    if (others >= limit) return false;
    this.#hold(holder);
    return true;
  }

  async release(holder: KeyHolder): Promise<void> {
    await Promise.resolve();
    const name = keyName(holder.tenantId, holder.key);
    const holders = this.#keys.get(name);
    const id = holderName(holder);
    if (holders?.get(id)?.grant !== holder.grant) return;
    holders.delete(id);
    if (holders.size === 0) this.#keys.delete(name);
  }

  async reconcile(
    job: JobRef & Pick<KeyHolder, 'epoch'>,
    claimed: readonly KeyHolder[],
  ): Promise<void> {
    await Promise.resolve();
    const kept = new Set(claimed.map((holder) => `${holder.key}\n${holderName(holder)}`));
    for (const [name, holders] of this.#keys) {
      for (const [id, holder] of holders) {
        if (holder.tenantId !== job.tenantId || holder.jobId !== job.jobId) continue;
        if (holder.epoch > job.epoch) continue;
        if (!kept.has(`${holder.key}\n${id}`)) holders.delete(id);
      }
      if (holders.size === 0) this.#keys.delete(name);
    }
    for (const holder of claimed) this.#hold(holder);
  }

  async holders(tenantId: string, key: string): Promise<readonly KeyHolder[]> {
    await Promise.resolve();
    return [...(this.#keys.get(keyName(tenantId, key))?.values() ?? [])];
  }

  #hold(holder: KeyHolder): void {
    const { tenantId, jobId, nodeId, key, grant, epoch } = holder;
    const name = keyName(tenantId, key);
    const holders = this.#keys.get(name) ?? new Map<string, KeyHolder>();
    if ((holders.get(holderName(holder))?.epoch ?? 0) > epoch) return;
    holders.set(holderName(holder), { tenantId, jobId, nodeId, key, grant, epoch });
    this.#keys.set(name, holders);
  }
}

function keyName(tenantId: string, key: string): string {
  return JSON.stringify([tenantId, key]);
}

function holderName({ jobId, nodeId }: KeyHolder): string {
  return JSON.stringify([jobId, nodeId]);
}
