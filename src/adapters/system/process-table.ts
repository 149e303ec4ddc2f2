/** A live process (never a zombie), as far as the platform tells. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** 0 where it is not known. */
  readonly session: number;
  /** Tells a process from a later one with the same pid. */
  readonly startedAt: string;
  /** BATON_ATTEMPT_ID and BATON_OUTPUT of the environment it was started with, where it can be read. */
  readonly attemptId?: string;
  readonly outputFile?: string;
}

/** The processes of this machine. Reading it does not block the event loop. */
export interface ProcessTable {
  snapshot(): Promise<readonly ProcessEntry[]>;
  /**
   * The processes among which those that a command has left behind must be, read as cheaply as the
   * platform allows. `root` was the command's main process, which ran for `ageMs` milliseconds.
   */
  leftBehind(root: number, ageMs: number): Promise<readonly ProcessEntry[]>;
}

/** A snapshot that serves all who ask while one is being taken by the next one. */
export class SharedSnapshot {
  readonly #take: () => Promise<readonly ProcessEntry[]>;
  #running: Promise<unknown> | undefined;
  #next: Promise<readonly ProcessEntry[]> | undefined;

  constructor(take: () => Promise<readonly ProcessEntry[]>) {
    this.#take = take;
  }

  /** Resolves with a snapshot begun after this call, so that it holds what the caller has just done. */
  get(): Promise<readonly ProcessEntry[]> {
    this.#next ??= this.#afterRunning();
    return this.#next;
  }

  async #afterRunning(): Promise<readonly ProcessEntry[]> {
    await this.#running?.catch(() => undefined);
    this.#next = undefined;
    const taken = this.#take();
    this.#running = taken;
    return taken;
  }
}
