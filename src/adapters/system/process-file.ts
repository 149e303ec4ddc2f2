import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ProcessTable } from './process-table.js';

/** How far the system's word on when a process or the machine started may be off, in ms. */
const PROCESS_TOLERANCE_MS = 5_000;
const BOOT_TOLERANCE_MS = 60_000;

interface ProcessNote {
  readonly pid: number;
  /** Epoch milliseconds. */
  readonly started_at: number;
  readonly booted_at: number;
}

/** Notes the main process of a command, for systems that do not tell environments of processes. */
export async function noteProcess(folder: string, pid: number, startedAt: number): Promise<void> {
  const file = path.join(folder, `process-${pid}.json`);
  const note: ProcessNote = { pid, started_at: startedAt, booted_at: bootedAt() };
  await writeFile(`${file}.new`, JSON.stringify(note));
  await rename(`${file}.new`, file);
}

/**
 * The noted main processes, or the groups they led, that may still run: not those from before the
 * machine was started, nor those whose pid another process has got since.
 */
export async function notedProcesses(folder: string, table: ProcessTable): Promise<number[]> {
  const notes = (await readNotes(folder)).filter(
    (note) => Math.abs(note.booted_at - bootedAt()) < BOOT_TOLERANCE_MS,
  );
  if (notes.length === 0) return [];
  const starts = new Map(
    (await table.snapshot()).map((entry) => [entry.pid, Date.parse(entry.startedAt)]),
  );
  return notes
    .filter(({ pid, started_at }) => {
      const start = starts.get(pid);
      return start === undefined || Math.abs(start - started_at) < PROCESS_TOLERANCE_MS;
    })
    .map(({ pid }) => pid);
}

async function readNotes(folder: string): Promise<ProcessNote[]> {
  const names = await readdir(folder).catch(() => []);
  const notes = await Promise.all(
    names
      .filter((name) => /^process-\d+\.json$/.test(name))
      .map(async (name) => {
        try {
          return JSON.parse(await readFile(path.join(folder, name), 'utf8')) as ProcessNote;
        } catch {
          return undefined;
        }
      }),
  );
  return notes.filter((note) => note !== undefined);
}

function bootedAt(): number {
  return Date.now() - os.uptime() * 1000;
}
