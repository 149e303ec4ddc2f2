import { readdir, readFile } from 'node:fs/promises';
import { SharedSnapshot, type ProcessEntry, type ProcessTable } from './process-table.js';

/** Processes read at once; more would keep other file work waiting. */
const BATCH = 32;
/**
 * Pids are handed out in turn, so the descendants of a process have pids after its own, until the
 * count has gone round once. That takes far longer than this.
 */
const PIDS_IN_ORDER_MS = 10_000;
const KERNEL_THREADS = 2;

/** Linux: everything is in /proc, the environment of each process too. */
export class ProcProcessTable implements ProcessTable {
  readonly #shared = new SharedSnapshot(async () => readEntries(await pids()));

  snapshot(): Promise<readonly ProcessEntry[]> {
    return this.#shared.get();
  }

  async leftBehind(root: number, ageMs: number): Promise<readonly ProcessEntry[]> {
    if (ageMs > PIDS_IN_ORDER_MS) return this.snapshot();
    const [all, newest] = await Promise.all([pids(), newestPid()]);
    const wentRound = newest < root;
    return readEntries(all.filter((pid) => pid >= root || (wentRound && pid <= newest)));
  }
}

async function pids(): Promise<number[]> {
  const names = await readdir('/proc');
  return names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0);
}

async function newestPid(): Promise<number> {
  const load = await readFile('/proc/loadavg', 'latin1');
  return Number(load.trim().split(' ').at(-1));
}

async function readEntries(all: readonly number[]): Promise<readonly ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  for (let first = 0; first < all.length; first += BATCH) {
    const batch = await Promise.all(all.slice(first, first + BATCH).map(readEntry));
    for (const entry of batch) if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** `undefined` for what has ended meanwhile, zombies and kernel threads. */
async function readEntry(pid: number): Promise<ProcessEntry | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name in parentheses may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, group, session] = fields;
  if (state === 'Z' || state === 'X' || Number(parent) === KERNEL_THREADS) return undefined;
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  const attemptId = variable(environment, 'BATON_ATTEMPT_ID');
  const outputFile = variable(environment, 'BATON_OUTPUT');
  return {
    pid,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startedAt: fields[19] ?? '',
    ...(attemptId === undefined ? {} : { attemptId }),
    ...(outputFile === undefined ? {} : { outputFile }),
  };
}

function variable(environment: string, name: string): string | undefined {
  const marker = `\0${name}=`;
  const at = `\0${environment}`.indexOf(marker);
  if (at < 0) return undefined;
  const start = at + marker.length - 1;
  const end = environment.indexOf('\0', start);
  return environment.slice(start, end < 0 ? undefined : end);
}
