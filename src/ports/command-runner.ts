import type { AttemptRef } from './node-executor.js';
import type { Json } from '../core/json.js';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the clean environment that every command gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute, or relative to the attempt's working folder, which is the default. */
  readonly cwd?: string;
  readonly stdin?: string;
}

export interface CommandOutcome {
  /** Absent when a signal ended it or it never started. */
  readonly exitCode?: number;
  readonly signal?: string;
  /** Why the command could not be started at all (no such file, no permission, bad folder). */
  readonly startError?: string;
  /** True when it was ended because the attempt was aborted. */
  readonly aborted: boolean;
  /** What it wrote to BATON_OUTPUT. */
  readonly output?: Json;
  /** Why what it wrote there could not be used (not JSON, too large). */
  readonly outputError?: string;
  /** The last lines of what it printed, at most 4 KiB, for error messages. */
  readonly tail: string;
  /** Absolute path of the folder it ran in, where its reports are looked for. */
  readonly cwd: string;
}

/**
 * Runs commands for attempts: in a working folder of the attempt's own, with a clean environment
 * plus BATON_JOB_ID, BATON_NODE_ID, BATON_ATTEMPT, BATON_ATTEMPT_ID and BATON_OUTPUT, what they print
 * going to the attempt's artifact `output.log`. Commands of one attempt share its folder and its log
 * and may run one after the other or at once; each has a BATON_OUTPUT of its own.
 */
export interface CommandRunner {
  /**
   * Resolves once the whole process tree has ended. When `signal` aborts, the tree is asked to end
   * (SIGTERM) and after a grace made to (SIGKILL). What the command leaves running when it exits is
   * ended likewise. Rejects only when the machine cannot run it now (no memory, no disk).
   */
  run(
    attempt: AttemptRef & {
      readonly traceparent?: string | undefined;
      readonly correlationId: string;
    },
    command: Command,
    signal: AbortSignal,
  ): Promise<CommandOutcome>;
  /**
   * Removes the attempt's working folder. To be called when all of its commands have ended and
   * nothing more will be read from the folder. Idempotent; a failure is logged, not thrown.
   */
  release(attempt: AttemptRef): Promise<void>;
  /**
   * Ends the processes that this attempt left behind when the service died, and removes its working
   * folder. Idempotent.
   */
  reclaim(attempt: AttemptRef): Promise<void>;
}
