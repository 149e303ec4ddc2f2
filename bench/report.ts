import { FEW_JOBS, type FinishedJobsRow } from './finished-jobs.js';
import type { HttpResult } from './http.js';
import type { LargeJobResult } from './large-job.js';
import type { OrderRow, PredictionRow } from './planning.js';
import { ROUND_TRIPS_A_NODE, type RoundTrips } from './round-trips.js';
import type { StoreSource } from './stores.js';
import type { Figures, Result } from './throughput.js';

const WIDTHS = { workload: 5, unit: 9, figures: 27, bar: 38 };

const number = (value: number): string =>
  value < 100 ? value.toFixed(3) : Math.round(value).toLocaleString('en');
const ms = (value: number): string => `${Math.round(value).toLocaleString('en')} ms`;

/** The head of the table that {@link resultRow} makes rows of: a column a store. */
export function resultHead(sources: readonly StoreSource[]): string {
  const columns = sources.flatMap(({ kind, title }) => [
    title.padEnd(WIDTHS.figures),
    ...(kind === 'sqlite' ? ['of the bar'.padEnd(WIDTHS.bar)] : []),
  ]);
  return [''.padEnd(WIDTHS.workload), 'unit'.padEnd(WIDTHS.unit), ...columns].join(' ').trimEnd();
}

export function resultRow(result: Result, sources: readonly StoreSource[]): string {
  const columns = sources.flatMap(({ kind }) => {
    const figures = result.stores[kind];
    return [
      figuresOf(figures).padEnd(WIDTHS.figures),
      ...(kind === 'sqlite' ? [barOf(figures).padEnd(WIDTHS.bar)] : []),
    ];
  });
  return [
    result.workload.padEnd(WIDTHS.workload),
    result.unit.padEnd(WIDTHS.unit),
    ...columns,
    result.title,
  ].join(' ');
}

function figuresOf(figures: Figures | undefined): string {
  if (figures === undefined) return '–';
  const { median, min, max } = figures;
  return `${number(median)} (${number(min)} … ${number(max)})`;
}

function barOf(figures: Figures | undefined): string {
  const bar = figures?.bar;
  if (bar === undefined) return 'no bar';
  const sign = bar.atMost ? '<=' : '>=';
  const scaled = bar.here === bar.reference ? '' : `, here ${number(bar.here)}`;
  return `${bar.ratio.toFixed(2)} ${bar.met ? 'met' : 'MISSED'} (${sign} ${number(bar.reference)}${scaled})`;
}

/** One line of figures, one of the commands. */
export function roundTripsLines(trips: RoundTrips): string {
  const { commands, nodes, flushes, perNode, perFlush, byCommand, met } = trips;
  const names = Object.entries(byCommand).map(([name, count]) => `${name} ${count}`);
  return (
    `W1    MongoDB round trips: ${commands} for ${nodes.toLocaleString('en')} nodes, ` +
    `${perNode.toFixed(3)} a node (required: under ${ROUND_TRIPS_A_NODE}): ${met ? 'met' : 'BROKEN'}; ` +
    `${flushes} commit flushes, ${perFlush.toFixed(2)} a flush\n` +
    `      (${names.join(', ')})`
  );
}

export function finishedRow(title: string, jobs: number, row: FinishedJobsRow): string {
  const { what, small, large } = row;
  const [few, many] = [small, large].map((took) => `${took.toFixed(3)} ms`);
  return (
    `W7    ${title}: ${what}: ${few} with ${FEW_JOBS.toLocaleString('en')} finished jobs, ` +
    `${many} with ${jobs.toLocaleString('en')}: ${(large / small).toFixed(2)} times`
  );
}

export function httpRow({ kind, title }: StoreSource, result: HttpResult): string {
  const { what, calls, p50, p99, max } = result;
  const [half, most, all] = [p50, p99, max].map((took) => `${took.toFixed(1)} ms`);
  const bar = kind === 'sqlite' ? ' (bar 100 ms)' : '';
  return `W8    ${title}: ${what}, ${calls} calls: p50 ${half}, p99 ${most}${bar}, max ${all}`;
}

export function orderRow({ graph, fifo, byNodes, byHistory, bound }: OrderRow): string {
  const [nodes, history, least] = [byNodes, byHistory, bound].map((share) => share.toFixed(3));
  return (
    `W9    ${graph}: ${fifo.toFixed(0)} s first come, first served; longest path first ` +
    `${history} of it by history, ${nodes} by the number of nodes (no order below ${least})`
  );
}

export function predictionRow(row: PredictionRow): string {
  const { graph, noise, runs, error, covered } = row;
  return (
    `W9    ${graph}, ${noise}, from ${runs} runs: off by ${error.toFixed(1)} % (median), ` +
    `${(100 * covered).toFixed(0)} % within the interval (80 %)`
  );
}

export function largeRow(title: string, result: LargeJobResult): string {
  const { nodes, accept, firstHalf, recoverAndFinish, list, longestStretch, peakMiB } = result;
  return (
    `W6    ${title}: ${nodes.toLocaleString('en')} nodes: accepted in ${ms(accept)}, ` +
    `first half ${ms(firstHalf)}, recovered and finished ${ms(recoverAndFinish)}, listed ${ms(list)}; ` +
    `longest stretch of the event loop ${longestStretch.toFixed(0)} ms, peak ${peakMiB.toFixed(0)} MiB`
  );
}
