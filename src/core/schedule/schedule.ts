import type { JsonObject } from '../json.js';
import type { FiringWindow, Timing } from './timing.js';

/** What to do with a firing while a job of an earlier one has not ended. */
export const OVERLAP_POLICIES = ['skip', 'queue', 'replace'] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/** What to do with firings that nobody was there for. */
export const MISSED_POLICIES = ['skip', 'latest', 'all'] as const;
export type MissedPolicy = (typeof MISSED_POLICIES)[number];

/** Which template a firing runs, and how: what a run of a template says, with the template's name. */
export type ScheduledRun = JsonObject & { readonly template: string };

/** What was put. Times are epoch milliseconds. */
export interface ScheduleSpec extends FiringWindow {
  readonly description?: string;
  readonly timing: Timing;
  /** Milliseconds. */
  readonly jitter: number;
  readonly overlap: OverlapPolicy;
  /** Firings that may wait, under the policy `queue`. */
  readonly maxWaiting: number;
  readonly missed: MissedPolicy;
  readonly run: ScheduledRun;
}

/** Names a schedule: each owner has names of his own. */
export interface ScheduleRef {
  readonly tenantId: string;
  readonly owner: string;
  readonly name: string;
}

/** A firing of which a job is to be made, or was. */
export interface Firing {
  /** The time for which it fires, in epoch milliseconds; the job may start later. */
  readonly at: number;
  /** The backfill that it belongs to. */
  readonly backfill?: string;
}

/** A firing that waits for a job to end. */
export interface WaitingFiring {
  readonly at: number;
  /** What runs is to be cancelled for it. */
  readonly replaces?: true;
  /** It was missed, and is one of all that are made up for. */
  readonly madeUp?: true;
}

/** A job that was made and may not have ended yet. */
export interface ActiveRun extends Firing {
  readonly jobId: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

export const FIRING_OUTCOMES = ['started', 'skipped', 'missed', 'failed'] as const;

/** What became of a firing, or of several that were missed in a row. */
export interface FiringRecord extends Firing {
  /**
   * `skipped`: for the overlap policy. `missed`: nobody was there, and the missed-run policy did not
   * make up for it. `failed`: no job could be made.
   */
  readonly outcome: (typeof FIRING_OUTCOMES)[number];
  /** Epoch milliseconds. */
  readonly decidedAt: number;
  readonly jobId?: string;
  readonly reason?: string;
  /** It was asked for, by a user. */
  readonly triggeredBy?: string;
  /** Of several: the last of them, and how many there are; with `more`, there are more than that. */
  readonly until?: number;
  readonly count?: number;
  readonly more?: true;
}

/** A range of the past that is being run, or was. */
export interface Backfill {
  readonly id: string;
  /** As the schedule fired when it was asked for. */
  readonly timing: Timing;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Jobs of it that may run at once. */
  readonly concurrency: number;
  readonly total: number;
  readonly requestedAt: number;
  readonly requestedBy: string;
  /** Everything before this has been decided on. */
  readonly next: number;
  readonly started: number;
  readonly failed: number;
  readonly finishedAt?: number;
}

/** How far a schedule has come. */
export interface ScheduleState {
  /** Every firing up to here has been decided on, in epoch milliseconds. */
  readonly decidedTo: number;
  readonly paused?: { readonly at: number; readonly by: string };
  /** Firings of which jobs are to be made, whatever happens. */
  readonly pending: readonly Firing[];
  readonly waiting: readonly WaitingFiring[];
  readonly active: readonly ActiveRun[];
  /** Under way, then finished ones, oldest first each. */
  readonly backfills: readonly Backfill[];
  /** Newest first, at most {@link MAX_RECENT}. */
  readonly recent: readonly FiringRecord[];
}

export interface Schedule extends ScheduleRef {
  /** Never used twice: a schedule that is deleted and put again is another one. */
  readonly id: string;
  /** From 1; the store raises it with every change. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly spec: ScheduleSpec;
  readonly state: ScheduleState;
  /** When it is to be looked at, in epoch milliseconds; absent when nothing is ever due. */
  readonly wakeAt?: number;
}

/** What a job tells of the schedule that made it. */
export interface ScheduleOrigin {
  readonly name: string;
  /** Of the schedule. */
  readonly id: string;
  /** The time for which it fired, in epoch milliseconds. */
  readonly firedFor: number;
  readonly backfill?: string;
}

export const MAX_RECENT = 50;
export const MAX_WAITING = 100;
/** Firings that the policy `all` makes up for after one absence, the latest ones. */
export const MAX_MADE_UP = 100;
/** Firings that may wait in all, missed ones and those behind them included. */
export const MAX_LINED_UP = MAX_MADE_UP + MAX_WAITING;
export const MAX_BACKFILL_FIRINGS = 1_000;
export const MAX_BACKFILLS = 5;
export const MAX_BACKFILL_CONCURRENCY = 10;
