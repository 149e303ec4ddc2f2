import type { JobStatus } from '../../core/job/status.js';
import type { DurationBasis } from '../../core/plan/durations.js';
import type { Forecast } from '../../engine/job-forecaster.js';
import type { Answer } from '../answer.js';
import type { CriticalPathResponse, PredictionResponse } from './dto/forecast-responses.js';

const PATH_SHOWN = 100;

export interface ShownForecast {
  readonly critical_path: Answer<CriticalPathResponse>;
  readonly prediction?: Answer<PredictionResponse>;
}

/** The forecast of a job that is not there yet. */
export function showOutlook(forecast: Forecast, now: number): Required<ShownForecast> {
  const prediction = showPrediction(forecast, now, 'queued');
  return { critical_path: showPath(forecast), prediction };
}

/**
 * The forecast of a job that stands in this status.
 *
 * @param now epoch ms
 */
export function showForecast(forecast: Forecast, now: number, status: JobStatus): ShownForecast {
  const awaited = status === 'queued' || status === 'running' || status === 'paused';
  return {
    critical_path: showPath(forecast),
    ...(awaited ? { prediction: showPrediction(forecast, now, status) } : {}),
  };
}

function showPath({ levels, criticalMs, idOf }: Forecast): Answer<CriticalPathResponse> {
  const path = levels.criticalPath;
  return {
    nodes: path.slice(0, PATH_SHOWN).map(idOf),
    length: path.length,
    ...(criticalMs === undefined ? {} : { seconds: secondsOf(criticalMs) }),
  };
}

function showPrediction(
  { basis, remaining, at }: Forecast,
  now: number,
  status: JobStatus,
): Answer<PredictionResponse> {
  const { node, type, none } = basis;
  const known = {
    basis: basisOf(basis),
    nodes: { by_node: node, by_type: type, unknown: none },
  };
  if (remaining === undefined) return known;
  const passed = status === 'running' ? now - at : 0;
  const left = (ms: number): number => secondsOf(Math.max(0, ms - passed));
  return {
    ...known,
    seconds: left(remaining.expected),
    low: left(remaining.low),
    high: left(remaining.high),
    ...(status === 'running'
      ? { finish_at: new Date(Math.max(now, at + remaining.expected)).toISOString() }
      : {}),
  };
}

function basisOf({ node, type, none }: DurationBasis): 'none' | 'some' | 'all' {
  if (none === 0) return 'all';
  return node + type === 0 ? 'none' : 'some';
}

/** In hundredths. */
function secondsOf(ms: number): number {
  return Math.round(ms / 10) / 100;
}
