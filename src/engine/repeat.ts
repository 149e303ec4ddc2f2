import type { Clock, TimerHandle } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';

export interface Repeating {
  /** Resolves when the round that is under way, if any, is over; there is no other. */
  stop(): Promise<void>;
}

/**
 * Runs rounds of work, one after the other with `pause` milliseconds between them, until it is
 * stopped. A round that fails is logged, the first time in a row, and followed by the next.
 */
export function repeat(
  clock: Clock,
  logger: Logger,
  { what, pause, round }: { what: string; pause: number; round: () => Promise<void> },
): Repeating {
  let timer: TimerHandle | undefined;
  let stopped = false;
  let failing = false;
  let underWay: Promise<void> = Promise.resolve();

  const once = async (): Promise<void> => {
    try {
      await round();
      if (failing) logger.info({}, `${what}: works again`);
      failing = false;
    } catch (error) {
      if (!failing) logger.error({ err: error }, `${what}: failed, and is tried again`);
      failing = true;
    }
    if (!stopped) wait();
  };
  const wait = (): void => {
    timer = clock.setTimer(pause, () => {
      underWay = once();
    });
  };
  underWay = once();
  return {
    stop: () => {
      stopped = true;
      timer?.cancel();
      return underWay;
    },
  };
}
