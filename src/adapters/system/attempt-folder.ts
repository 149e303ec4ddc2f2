import { randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { AttemptRef } from '../../ports/node-executor.js';
import { attemptPath } from './safe-name.js';

/** Tenant, job, node and attempt. */
const LEVELS = 4;
/** How often a folder is made again that another attempt's clean-up took away in between. */
const MAKE_TRIES = 5;

/** What one command of an attempt is given: all under `<root>/<tenant>/<job>/<node>/<attempt>`. */
export interface CommandFolder {
  /** The working folder, shared by all commands of the attempt. */
  readonly workspace: string;
  /** BATON_OUTPUT of this command alone. */
  readonly outputFile: string;
  /** False for every command after the attempt's first. */
  readonly first: boolean;
}

/** Makes and removes the folders that attempts work in. */
export class AttemptFolders {
  readonly #root: string;
  #realRoot: Promise<string> | undefined;

  constructor(root: string) {
    this.#root = path.resolve(root);
  }

  /** Where an attempt keeps everything; the path ends in a separator. */
  async pathOf(attempt: AttemptRef): Promise<string> {
    return attemptPath(await this.#real(), attempt) + path.sep;
  }

  /** Every attempt's folder there is, as {@link pathOf} gives it. */
  async all(): Promise<readonly string[]> {
    let folders = [await this.#real()];
    for (let level = 0; level < LEVELS; level++) {
      const below = await Promise.all(
        folders.map(async (folder) =>
          (await readdir(folder, { withFileTypes: true }).catch(() => []))
            .filter((entry) => entry.isDirectory())
            .map((entry) => path.join(folder, entry.name)),
        ),
      );
      folders = below.flat();
    }
    return folders.map((folder) => folder + path.sep);
  }

  async open(attempt: AttemptRef): Promise<CommandFolder> {
    const folder = await this.pathOf(attempt);
    const workspace = path.join(folder, 'workspace');
    const outputFile = path.join(folder, `output-${randomBytes(6).toString('hex')}.json`);
    for (let tries = 1; ; tries++) {
      try {
        const made = await mkdir(workspace, { recursive: true });
        return { workspace, outputFile, first: made !== undefined };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === MAKE_TRIES) throw error;
      }
    }
  }

  /** Removes an attempt's folder, and those above it that are empty then. */
  async remove(attempt: AttemptRef): Promise<void> {
    const folder = await this.pathOf(attempt);
    await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 });
    for (let up = path.dirname(folder), level = 0; level < 3; up = path.dirname(up), level++) {
      try {
        await rmdir(up);
      } catch {
        return; // others still work in it
      }
    }
  }

  /** The processes of an attempt are known by its path, so it must not depend on symbolic links. */
  async #real(): Promise<string> {
    this.#realRoot ??= mkdir(this.#root, { recursive: true }).then(() => realpath(this.#root));
    try {
      return await this.#realRoot;
    } catch (error) {
      this.#realRoot = undefined;
      throw error;
    }
  }
}
