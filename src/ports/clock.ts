/** Time and randomness, so that everything above can be run under a clock of a test's own. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Calls back once after at least `ms` milliseconds. */
  setTimer(ms: number, callback: () => void): TimerHandle;
}

export interface TimerHandle {
  cancel(): void;
}
