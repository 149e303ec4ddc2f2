import { setTimeout as pause } from 'node:timers/promises';
import path from 'node:path';
import type { ProcessEntry, ProcessTable } from './process-table.js';
import type { ProcessTrees, TreeMark } from './process-trees.js';

/** A process that is stuck in the kernel may outlive SIGKILL. */
const KILL_PATIENCE_MS = 5_000;
const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 250;

/**
 * SIGTERM, grace, SIGKILL: to the process group, to the session, to all descendants, and to those
 * that left all three but still carry the attempt's marker in their environment.
 */
export class PosixProcessTrees implements ProcessTrees {
  readonly #table: ProcessTable;
  readonly #patienceMs: number;

  /** `patienceMs` is how long SIGKILL is given to work. */
  constructor(table: ProcessTable, patienceMs = KILL_PATIENCE_MS) {
    this.#table = table;
    this.#patienceMs = patienceMs;
  }

  async end(mark: TreeMark, graceMs: number): Promise<boolean> {
    const started = performance.now();
    const told = new Set<string>();
    let look = FIRST_LOOK_MS;
    for (;;) {
      const members = membersOf(await this.#table.snapshot(), mark);
      if (members.length === 0) return true;
      const elapsed = performance.now() - started;
      if (elapsed > graceMs + this.#patienceMs) return false;
      if (elapsed >= graceMs) {
        for (const { pid } of members) signal(pid, 'SIGKILL');
        look = Math.min(look, FIRST_LOOK_MS * 5);
      } else {
        for (const member of members) {
          const key = `${member.pid}/${member.startedAt}`;
          if (told.has(key)) continue;
          told.add(key);
          signal(member.pid, 'SIGTERM');
        }
      }
      const untilKill = Math.max(FIRST_LOOK_MS, graceMs - elapsed);
      await pause(elapsed >= graceMs ? look : Math.min(look, untilKill));
      look = Math.min(look * 2, LAST_LOOK_MS);
    }
  }

  async endLeftBehind(mark: TreeMark, ageMs: number, graceMs: number): Promise<boolean> {
    const root = mark.root;
    const candidates =
      root === undefined ? await this.#table.snapshot() : await this.#table.leftBehind(root, ageMs);
    return membersOf(candidates, mark).length === 0 || this.end(mark, graceMs);
  }
}

/**
 * Those of the processes that belong to the mark, with the sessions they are in and all their
 * descendants. Every command starts in a session of its own, so a session is never shared with others.
 */
export function membersOf(
  entries: readonly ProcessEntry[],
  mark: TreeMark,
): readonly ProcessEntry[] {
  const marked = entries.filter((entry) => carries(entry, mark));
  if (marked.length === 0) return [];
  const here = entries.find((entry) => entry.pid === process.pid);
  const sessions = new Set(marked.map((entry) => entry.session));
  sessions.delete(here?.session ?? 0);
  sessions.delete(0);

  const children = new Map<number, ProcessEntry[]>();
  const own = new Map<number, ProcessEntry>();
  for (const entry of entries) {
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
    if (sessions.has(entry.session)) own.set(entry.pid, entry);
  }
  for (const entry of marked) own.set(entry.pid, entry);
  const open = [...own.keys()];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const child of children.get(pid) ?? []) {
      if (own.has(child.pid)) continue;
      own.set(child.pid, child);
      open.push(child.pid);
    }
  }
  own.delete(process.pid);
  return [...own.values()];
}

function carries(entry: ProcessEntry, mark: TreeMark): boolean {
  if (mark.root !== undefined && (entry.group === mark.root || entry.session === mark.root)) {
    return true;
  }
  if (entry.outputFile === undefined) return false;
  if (mark.attemptId !== undefined && entry.attemptId !== mark.attemptId) return false;
  return mark.output.endsWith(path.sep)
    ? entry.outputFile.startsWith(mark.output)
    : entry.outputFile === mark.output;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile, or is no longer ours to signal; the next look tells.
  }
}
