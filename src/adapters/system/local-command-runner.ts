import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ArtifactStore } from '../../ports/artifact-store.js';
import type { Command, CommandOutcome, CommandRunner } from '../../ports/command-runner.js';
import type { Logger } from '../../ports/logger.js';
import type { AttemptRef } from '../../ports/node-executor.js';
import { AttemptFolders, type CommandFolder } from './attempt-folder.js';
import { commandEnvironment } from './command-environment.js';
import { readCommandOutput } from './command-output.js';
import { OutputPump } from './output-pump.js';
import { OutputTail } from './output-tail.js';
import { noteProcess, notedProcesses } from './process-file.js';
import { processSystem, type ProcessSystem } from './process-system.js';
import type { TreeMark } from './process-trees.js';
import { explainStartError } from './start-error.js';

export interface LocalCommandRunnerOptions {
  /** The folder that attempts work in, each in `<tenant>/<job>/<node>/<attempt>` below it. */
  readonly workRoot: string;
  readonly artifacts: ArtifactStore;
  readonly logger: Logger;
  /** Milliseconds between SIGTERM and SIGKILL. Default 5000. */
  readonly graceMs?: number;
  /** Bytes of `output.log` that are kept. Default 10 MiB. */
  readonly logCapBytes?: number;
  /** Bytes that BATON_OUTPUT may hold. Default 16 MiB. */
  readonly outputCapBytes?: number;
  /** Names of variables of the service that commands may see beside the usual ones. */
  readonly inherit?: readonly string[];
  /** Where the usual variables are taken from. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly system?: ProcessSystem;
}

type RunAttempt = Parameters<CommandRunner['run']>[0];
type Exit = Pick<CommandOutcome, 'exitCode' | 'signal'>;

const MiB = 1024 * 1024;
const TAIL_BYTES = 4096;
/** How long pipes may stay open when nothing that we know of can hold them any more. */
const PIPE_PATIENCE_MS = 1_000;

/** Runs commands as processes of this machine, by the user that the service runs as. */
export class LocalCommandRunner implements CommandRunner {
  readonly #options: LocalCommandRunnerOptions;
  readonly #folders: AttemptFolders;
  readonly #system: ProcessSystem;
  readonly #graceMs: number;

  constructor(options: LocalCommandRunnerOptions) {
    this.#options = options;
    this.#folders = new AttemptFolders(options.workRoot);
    this.#system = options.system ?? processSystem(process.platform);
    this.#graceMs = options.graceMs ?? 5_000;
  }

  async run(attempt: RunAttempt, command: Command, signal: AbortSignal): Promise<CommandOutcome> {
    const folder = await this.#folders.open(attempt);
    const cwd = path.resolve(folder.workspace, command.cwd ?? '.');
    if (signal.aborted) return { aborted: true, tail: '', cwd };
    const log = this.#options.artifacts.create(
      { ...refOf(attempt), name: 'output.log' },
      this.#options.logCapBytes ?? 10 * MiB,
      folder.first ? 'replace' : 'append',
    );
    try {
      const tail = new OutputTail(TAIL_BYTES);
      const pump = new OutputPump(log, tail);
      const started = await this.#start(attempt, command, folder, cwd);
      if (typeof started === 'string') {
        return { startError: started, aborted: false, tail: '', cwd };
      }
      const end = await this.#supervise(attempt, started, folder, command.stdin, pump, signal);
      const output = end.aborted
        ? {}
        : await readCommandOutput(folder.outputFile, this.#options.outputCapBytes ?? 16 * MiB);
      return { ...end, ...output, tail: tail.text(), cwd };
    } finally {
      await log.close();
    }
  }

  async release(attempt: AttemptRef): Promise<void> {
    try {
      await this.#folders.remove(attempt);
    } catch (error) {
      this.#options.logger.warn(
        { ...idsOf(attempt), error: String(error) },
        'the working folder of an attempt could not be removed; remove it by hand to free its space',
      );
    }
  }

  async reclaim(attempt: AttemptRef): Promise<void> {
    const output = await this.#folders.pathOf(attempt);
    await this.#endIn(output, idsOf(attempt), attempt.attemptId);
    await this.release(attempt);
  }

  /**
   * Ends everything that attempts left running in this work root, and removes what they left lying:
   * for a process that has just begun, and has the folder for itself.
   */
  async reclaimAll(): Promise<void> {
    const folders = await this.#folders.all();
    await Promise.all(folders.map((folder) => this.#endIn(folder, { folder })));
    for (const folder of folders) {
      await rm(folder, { recursive: true, force: true }).catch((error: unknown) =>
        this.#options.logger.warn(
          { folder, error: String(error) },
          'a working folder that was left behind could not be removed; remove it by hand',
        ),
      );
    }
  }

  async #endIn(output: string, ids: object, attemptId?: string): Promise<void> {
    const { readsEnvironments, table } = this.#system;
    const roots = readsEnvironments ? [undefined] : await notedProcesses(output, table);
    await Promise.all(
      roots.map((root) =>
        this.#end(ids, {
          ...(root === undefined ? {} : { root }),
          ...(attemptId === undefined ? {} : { attemptId }),
          output,
        }),
      ),
    );
  }

  /** The running process, or why there is none. */
  async #start(
    attempt: RunAttempt,
    command: Command,
    folder: CommandFolder,
    cwd: string,
  ): Promise<ChildProcess | string> {
    const { platform } = this.#system;
    const source = {
      service: this.#options.environment ?? process.env,
      platform,
      inherit: this.#options.inherit ?? [],
    };
    let failure: unknown;
    try {
      const child = spawn(command.command, command.args, {
        cwd,
        env: commandEnvironment(source, attempt, folder.outputFile, command.env),
        // A process group of its own, by which the whole tree can be ended.
        detached: platform !== 'win32',
        windowsHide: true,
        stdio: [command.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      });
      if (child.pid !== undefined) return child;
      [failure] = (await once(child, 'error')) as [unknown];
    } catch (error) {
      failure = error;
    }
    return explainStartError(failure, command, cwd, platform);
  }

  async #supervise(
    attempt: RunAttempt,
    child: ChildProcess,
    folder: CommandFolder,
    stdin: string | undefined,
    pump: OutputPump,
    signal: AbortSignal,
  ): Promise<Exit & { readonly aborted: boolean }> {
    const root = child.pid as number;
    const startedAt = Date.now();
    const mark: TreeMark = { root, attemptId: attempt.attemptId, output: folder.outputFile };
    const exited = exitOf(child);
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) pump.add(stream);
    feed(child, stdin);

    let ending: Promise<boolean> | undefined;
    let giveUp: () => void = () => undefined;
    const gaveUp = new Promise<Exit>((resolve) => {
      giveUp = () => resolve({});
    });
    const onAbort = (): void => {
      ending = this.#end(idsOf(attempt), mark);
      // What SIGKILL does not end must not hold the attempt for ever.
      void ending.then((ended) => {
        if (!ended) giveUp();
      });
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });

    if (!this.#system.readsEnvironments) await this.#note(attempt, folder, root, startedAt);
    const exit = await Promise.race([exited, gaveUp]);
    const aborted = ending !== undefined;
    if (!aborted) await this.#endLeftBehind(idsOf(attempt), mark, Date.now() - startedAt);
    signal.removeEventListener('abort', onAbort);
    await ending;

    const patience = new AbortController();
    const lostPatience = pause(PIPE_PATIENCE_MS, undefined, { signal: patience.signal })
      .then(() => pump.abandon())
      .catch(() => undefined);
    await Promise.race([closed, lostPatience]);
    patience.abort();
    return { ...exit, aborted };
  }

  async #note(
    attempt: AttemptRef,
    folder: CommandFolder,
    pid: number,
    startedAt: number,
  ): Promise<void> {
    try {
      await noteProcess(path.dirname(folder.outputFile), pid, startedAt);
    } catch (error) {
      this.#options.logger.warn(
        { ...idsOf(attempt), pid, error: String(error) },
        'a process could not be noted: should the service be killed, the process will outlive it',
      );
    }
  }

  #end(ids: object, mark: TreeMark): Promise<boolean> {
    return this.#ended(ids, mark, this.#system.trees.end(mark, this.#graceMs));
  }

  #endLeftBehind(ids: object, mark: TreeMark, ageMs: number): Promise<boolean> {
    return this.#ended(ids, mark, this.#system.trees.endLeftBehind(mark, ageMs, this.#graceMs));
  }

  async #ended(ids: object, mark: TreeMark, ending: Promise<boolean>): Promise<boolean> {
    let reason = 'they survived SIGKILL';
    try {
      if (await ending) return true;
    } catch (error) {
      reason = String(error);
      killGroup(mark.root, this.#system.platform);
    }
    this.#options.logger.error(
      { ...ids, pid: mark.root, error: reason },
      'processes of an attempt could not be ended; find them by BATON_ATTEMPT_ID in their environment',
    );
    return false;
  }
}

function refOf(attempt: AttemptRef) {
  const { tenantId, jobId, nodeId, attempt: number } = attempt;
  return { tenantId, jobId, nodeId, attempt: number };
}

function idsOf(attempt: AttemptRef) {
  return {
    tenant_id: attempt.tenantId,
    job_id: attempt.jobId,
    node_id: attempt.nodeId,
    attempt: attempt.attempt,
  };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  // Once started, an 'error' only says that a signal or a message did not arrive.
  child.on('error', () => undefined);
  return new Promise((resolve) =>
    child.once('exit', (code, signal) => {
      if (code !== null) resolve({ exitCode: code });
      else resolve(signal === null ? {} : { signal });
    }),
  );
}

function feed(child: ChildProcess, stdin: string | undefined): void {
  // A command may end without having read it all.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(stdin);
}

/** The last resort when processes cannot even be listed. */
function killGroup(root: number | undefined, platform: NodeJS.Platform): void {
  if (root === undefined) return;
  try {
    process.kill(platform === 'win32' ? root : -root, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
