import { MAX_RECENT, type FiringRecord } from './schedule.js';

/** The records with later ones, `added` being in the order in which they came. */
export function recorded(
  recent: readonly FiringRecord[],
  added: readonly FiringRecord[],
): readonly FiringRecord[] {
  return added.length === 0 ? recent : [...[...added].reverse(), ...recent].slice(0, MAX_RECENT);
}
