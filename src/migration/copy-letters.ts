import { canonicalJson } from './canonical-json.js';
import type { MovableStore } from './movable-store.js';
import { matchedLetters } from './shared-things.js';

/**
 * Makes the dead letters of the target those of the source. To be called when the jobs are there: the
 * target has derived letters from their records, which lack what has become of them since.
 */
export async function copyLetters(source: MovableStore, target: MovableStore): Promise<void> {
  await target.settled?.();
  for await (const { letter, there } of matchedLetters(source, target)) {
    if (there === undefined || canonicalJson(there) !== canonicalJson(letter)) {
      await target.deadLetters.put(letter);
    }
  }
  for await (const { letter, there } of matchedLetters(target, source)) {
    if (there === undefined) await target.deadLetters.delete(letter.tenantId, [letter.id]);
  }
}
