/** Where a fault can strike: each is a moment in the life of a commit, an attempt or an instance. */
export const POINTS = [
  'before-commit',
  'after-commit',
  'during-attempt',
  'after-attempt',
  'during-projection',
  'during-take-over',
] as const;
export type Point = (typeof POINTS)[number];

/** The nodes of the workload that run commands. */
export const COMMANDS: readonly string[] = ['a', 'hold', 'flaky', 'sink'];

/** What the service is told when it has said that it is at its point, and is to go on. */
export interface Orders {
  /** From now on each commit takes so much longer, in ms … */
  readonly slowBy?: number;
  /** … for so long, in ms. */
  readonly slowFor?: number;
}

/** How the ids of the attempts end that run until the test lets them. */
export const HELD_ATTEMPT = '/hold/1';
