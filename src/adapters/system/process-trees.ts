/** How the processes of a command, or of all commands of an attempt, are told from others. */
export interface TreeMark {
  /** The main process, leader of a process group of its own. */
  readonly root?: number;
  /** Absent: of whichever attempt `output` is. */
  readonly attemptId?: string;
  /** The command's BATON_OUTPUT; or, ending in a separator, the folder that holds those of the attempt. */
  readonly output: string;
}

/** Ends process trees, in the way the platform offers. */
export interface ProcessTrees {
  /**
   * Asks what is left of a tree to end, and after `graceMs` makes it. Resolves when nothing is left,
   * with false when something survived even that.
   */
  end(mark: TreeMark, graceMs: number): Promise<boolean>;
  /**
   * Ends what a command has left running after its main process ended by itself, `ageMs` after its
   * start. Cheap when there is nothing.
   */
  endLeftBehind(mark: TreeMark, ageMs: number, graceMs: number): Promise<boolean>;
}
