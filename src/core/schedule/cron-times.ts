import { Cron } from 'croner';
import type { CronTiming, FiringTimes } from './timing.js';

/** Croner's own limits are wider: dates in place of a pattern, years, `@reboot`. */
const PATTERN = /^\S+(?:\s+\S+){4,5}$/;
const NICKNAME = /^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)$/i;
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;
const MAX_LENGTH = 200;
/** Any time would do: what fires at all fires within 400 years of it. */
const SOME_TIME = Date.UTC(2000, 0, 1);

/** A pattern or zone that `checkCron` or `checkZone` complains about. */
export class InvalidCron extends Error {
  readonly code = 'invalid_cron';
  constructor(message: string) {
    super(message);
    this.name = 'InvalidCron';
  }
}

/**
 * The instants at which the clocks of a zone show a time that the pattern matches. Where clocks are
 * changed, it is as in Vixie cron:
 *
 * - A *fixed time* (no `*`, `?` or step among seconds, minutes and hours, such as `30 2 * * *` or
 *   `0,30 2-4 * * 1`) that is skipped when clocks go forward fires once, at the moment of the change;
 *   several that are skipped fire there together, once. One that occurs twice when clocks go back
 *   fires the first time only.
 * - Any other pattern (`0 * * * *`, `*\/30 * * * *`) follows elapsed time: what is skipped does not
 *   fire, and an hour that occurs twice fires both times, so that no pause is longer than usual.
 *
 * A date that a zone leaves out altogether has no firings. Firings are at whole seconds. Throws
 * {@link InvalidCron}.
 */
export function cronTimes({ cron, zone }: CronTiming): FiringTimes {
  const parsed = parse(cron, zone);
  return {
    next: (after) => parsed.nextRun(new Date(after))?.getTime(),
    // Croner looks at whole seconds: one later, and the firing at the second of `before` is left out.
    last: (before, limit) =>
      parsed
        .previousRuns(limit + 1, new Date(before))
        .map((date) => date.getTime())
        .filter((time) => time < before)
        .slice(0, limit),
  };
}

/** What is wrong with a pattern, as the end of a sentence that begins with its name, if anything is. */
export function checkCron(cron: string): string | undefined {
  if (cron.length > MAX_LENGTH) return `must be at most ${MAX_LENGTH} characters`;
  if (!PATTERN.test(cron) && !NICKNAME.test(cron)) {
    return 'must have five fields (minute, hour, day of month, month, day of week), or six with seconds first, such as "30 2 * * 1-5"';
  }
  try {
    const fires = parse(cron, 'UTC').nextRun(new Date(SOME_TIME)) !== null;
    return fires ? undefined : 'must match some date: there is none that it matches';
  } catch (error) {
    if (error instanceof InvalidCron) return error.message;
    throw error;
  }
}

/** As {@link checkCron}, of a zone. */
export function checkZone(zone: string): string | undefined {
  try {
    if (!ZONE.test(zone)) throw new RangeError();
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return undefined;
  } catch {
    return 'must be the name of an IANA time zone, such as "Europe/Berlin", "America/New_York" or "UTC"';
  }
}

function parse(cron: string, timezone: string): Cron {
  if (!PATTERN.test(cron) && !NICKNAME.test(cron)) throw new InvalidCron('is no cron pattern');
  try {
    // Without a function to call it sets no timer.
    return new Cron(cron, {
      timezone,
      paused: true,
      mode: '5-or-6-parts',
      fixedTimeRule: 'no-wildcard',
    });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new InvalidCron(`is not a cron pattern: ${said.replace(/^CronPattern: /, '')}`);
  }
}
