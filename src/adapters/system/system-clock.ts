import type { Clock, TimerHandle } from '../../ports/clock.js';

/** The machine's own time and randomness. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  setTimer(ms: number, callback: () => void): TimerHandle {
    // setTimeout counts in 32 bits; a longer wait ends early and its owner asks again.
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1));
    return { cancel: () => clearTimeout(timer) };
  },
};
