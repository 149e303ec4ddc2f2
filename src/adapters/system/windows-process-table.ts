import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SharedSnapshot, type ProcessEntry, type ProcessTable } from './process-table.js';

const QUERY =
  'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId) $($_.CreationDate.ToUniversalTime().ToString(\'o\'))" }';
const LINE = /^(\d+) (\d+) (\S+)$/;

/** Runs a query of PowerShell's and resolves with what it prints. */
export type RunQuery = (query: string) => Promise<string>;

/** Windows: asked only when a service starts again, since it takes about a second. */
export class WindowsProcessTable implements ProcessTable {
  readonly #shared: SharedSnapshot;

  constructor(run: RunQuery = runPowerShell) {
    this.#shared = new SharedSnapshot(async () => parse(await run(QUERY)));
  }

  snapshot(): Promise<readonly ProcessEntry[]> {
    return this.#shared.get();
  }

  leftBehind(): Promise<readonly ProcessEntry[]> {
    return Promise.resolve([]);
  }
}

function parse(lines: string): readonly ProcessEntry[] {
  return lines.split(/\r?\n/).flatMap((line) => {
    const [, pid, parent, startedAt] = LINE.exec(line) ?? [];
    if (pid === undefined || parent === undefined || startedAt === undefined) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: 0, session: 0, startedAt }];
  });
}

async function runPowerShell(query: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    'powershell.exe',
    ['-NoProfile', '-NonInteractive', '-Command', query],
    { windowsHide: true, maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}
