import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import type { HealthCheckResult, HealthIndicatorFunction } from '@nestjs/terminus';
import { Use } from '../dependencies.js';
import type { Dependencies } from '../dependencies.js';
import { EventLoopWatch } from './event-loop-watch.js';

const STORE_LIMIT_MS = 2_000;
const LOOP_LIMIT_MS = 1_000;

/** Whether the service can do its work: store reachable, engine taking jobs, event loop free. */
@Injectable()
export class HealthService {
  private readonly indicators: HealthIndicatorFunction[];

  constructor(
    private readonly checks: HealthCheckService,
    indicator: HealthIndicatorService,
    loop: EventLoopWatch,
    @Use('engine') engine: Dependencies['engine'],
    @Use('storeHealth') storeHealth: Dependencies['storeHealth'],
  ) {
    this.indicators = [
      () => indicator.check('store').attempt(storeHealth).withTimeout(STORE_LIMIT_MS),
      () => {
        const { accepting, runningJobs, queuedJobs, runningNodes } = engine.stats();
        const figures = {
          running_jobs: runningJobs,
          queued_jobs: queuedJobs,
          running_nodes: runningNodes,
        };
        const session = indicator.check('engine');
        return accepting
          ? session.up(figures)
          : session.down({ ...figures, message: 'It takes no jobs: starting or stopping.' });
      },
      () => {
        const longest = { longest_ms: loop.longest() };
        const session = indicator.check('event_loop');
        return longest.longest_ms > LOOP_LIMIT_MS ? session.down(longest) : session.up(longest);
      },
    ];
  }

  async check(): Promise<{ readonly healthy: boolean; readonly result: HealthCheckResult }> {
    try {
      return { healthy: true, result: await this.checks.check(this.indicators) };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { healthy: false, result: error.getResponse() as HealthCheckResult };
    }
  }
}
