/** In ms. */
export interface Interval {
  readonly expected: number;
  /** One time in ten it is less. */
  readonly low: number;
  /** One time in ten it is more. */
  readonly high: number;
}

/** The quantile 0.9 of Student's t distribution, by degrees of freedom from 1. */
const T_90 = [3.078, 1.886, 1.638, 1.533, 1.476, 1.44, 1.415, 1.397];
/** Runs from which on the interval is read from the runs themselves. */
const ENOUGH = T_90.length + 1;
const LN_2 = Math.log(2);

/**
 * The range in which the next total lies eight times in ten, from earlier ones.
 *
 * From nine runs on by order statistics, which ask nothing of the distribution: of `n` exchangeable
 * totals and the next one, that is below the k-th smallest with probability k/(n+1). With fewer, by
 * Student's t on their logarithms, and not narrower than half to twice after one run, a root of 2
 * after two, and so on. Where nodes are not known by runs of their own, the interval is widened
 * likewise, to half and twice when none is.
 *
 * @param runs how many earlier runs the totals come from; they cannot tell more than those
 * @param ownShare share of the nodes that are known by runs of their own, 0 to 1
 */
export function intervalOf(totals: readonly number[], runs: number, ownShare: number): Interval {
  const sorted = [...totals].sort((a, b) => a - b);
  const expected = medianOf(sorted);
  const n = Math.min(runs, sorted.length);
  const widened = (1 - ownShare) * LN_2;
  if (n >= ENOUGH) {
    const below = Math.max(1, Math.floor(0.1 * (sorted.length + 1)));
    const above = Math.min(sorted.length, Math.ceil(0.9 * (sorted.length + 1)));
    return {
      expected,
      low: Math.min(sorted[below - 1] ?? expected, expected * Math.exp(-widened)),
      high: Math.max(sorted[above - 1] ?? expected, expected * Math.exp(widened)),
    };
  }
  const t = T_90[n - 2] ?? 0;
  const spread = t * deviationOfLogs(sorted) * Math.sqrt(1 + 1 / n);
  const half = Math.min(Math.max(LN_2 / Math.max(1, n), spread, widened), Math.log(10));
  return { expected, low: expected * Math.exp(-half), high: expected * Math.exp(half) };
}

function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

function deviationOfLogs(totals: readonly number[]): number {
  if (totals.length < 2) return 0;
  const logs = totals.map((total) => Math.log(Math.max(total, 1)));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const squares = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
  return Math.sqrt(squares / (logs.length - 1));
}
