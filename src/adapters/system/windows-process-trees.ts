import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessTrees, TreeMark } from './process-trees.js';

/** Runs a system tool; resolves with its exit code. */
export type RunTool = (command: string, args: readonly string[]) => Promise<number>;

const LOOK_MS = 100;
const KILL_PATIENCE_MS = 5_000;

/** Windows: `taskkill /T` knows the tree of a process for as long as that process lives. */
export class WindowsProcessTrees implements ProcessTrees {
  readonly #tool: RunTool;
  readonly #alive: (pid: number) => boolean;

  constructor(tool: RunTool = runTool, alive: (pid: number) => boolean = isAlive) {
    this.#tool = tool;
    this.#alive = alive;
  }

  async end(mark: TreeMark, graceMs: number): Promise<boolean> {
    const root = mark.root;
    if (root === undefined || !this.#alive(root)) return true;
    await this.#tool('taskkill', ['/T', '/PID', String(root)]);
    if (await this.#gone(root, graceMs)) return true;
    await this.#tool('taskkill', ['/T', '/F', '/PID', String(root)]);
    return this.#gone(root, KILL_PATIENCE_MS);
  }

  /** Once the main process has ended, Windows no longer tells what it had started. */
  endLeftBehind(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async #gone(pid: number, withinMs: number): Promise<boolean> {
    const deadline = performance.now() + withinMs;
    while (this.#alive(pid)) {
      if (performance.now() >= deadline) return false;
      await pause(LOOK_MS);
    }
    return true;
  }
}

const runTool: RunTool = (command, args) =>
  new Promise((resolve) => {
    const child = execFile(command, args, { windowsHide: true }, () =>
      resolve(child.exitCode ?? -1),
    );
  });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
