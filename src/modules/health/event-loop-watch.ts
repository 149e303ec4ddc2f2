import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { IntervalHistogram } from 'node:perf_hooks';
import { Injectable } from '@nestjs/common';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';

const RESOLUTION_MS = 10;
const WINDOW_MS = 10_000;

/** Measures how long the event loop was held, over the last ten to twenty seconds. */
@Injectable()
export class EventLoopWatch implements OnModuleInit, OnModuleDestroy {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({
    resolution: RESOLUTION_MS,
  });
  private before = 0;
  private timer: NodeJS.Timeout | undefined;

  onModuleInit(): void {
    this.histogram.enable();
    this.timer = setInterval(() => {
      this.before = this.held();
      this.histogram.reset();
    }, WINDOW_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.histogram.disable();
  }

  /** The longest stretch, in milliseconds. */
  longest(): number {
    return Math.max(this.before, this.held());
  }

  private held(): number {
    return Math.max(0, Math.round(this.histogram.max / 1e6) - RESOLUTION_MS);
  }
}
