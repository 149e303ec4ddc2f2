/** Fires at the local times of a zone that a cron pattern matches. */
export interface CronTiming {
  readonly cron: string;
  /** IANA. */
  readonly zone: string;
}

/** Fires every so often, counted from an anchor in both directions. */
export interface IntervalTiming {
  /** Milliseconds. */
  readonly interval: number;
  /** Epoch milliseconds. */
  readonly anchor: number;
}

export type Timing = CronTiming | IntervalTiming;

/** No firing is before or at the end of it. Epoch milliseconds. */
export interface FiringWindow {
  readonly startsAt?: number;
  readonly endsAt?: number;
}

/**
 * The firing times of a timing: a fixed set of instants (epoch milliseconds), the same for everybody
 * who asks and wherever he begins to ask. Any of them is found in about the same short time.
 */
export interface FiringTimes {
  /** The first after `after`; `undefined` when there is none. */
  next(after: number): number | undefined;
  /** The last ones before `before`, latest first, at most `limit`. */
  last(before: number, limit: number): readonly number[];
}
