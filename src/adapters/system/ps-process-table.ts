import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SharedSnapshot, type ProcessEntry, type ProcessTable } from './process-table.js';

const run = promisify(execFile);
const COLUMNS = ['pid', 'ppid', 'pgid', 'stat', 'lstart'] as const;
const LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/;

/** macOS and other systems without /proc: what `ps` says. It does not tell environments. */
export class PsProcessTable implements ProcessTable {
  readonly #shared = new SharedSnapshot(readEntries);

  snapshot(): Promise<readonly ProcessEntry[]> {
    return this.#shared.get();
  }

  /** Without environments only the group of the command tells its processes, and that is asked first. */
  leftBehind(root: number): Promise<readonly ProcessEntry[]> {
    try {
      process.kill(-root, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return Promise.resolve([]);
    }
    return this.snapshot();
  }
}

async function readEntries(): Promise<readonly ProcessEntry[]> {
  const columns = COLUMNS.flatMap((column) => ['-o', `${column}=`]);
  const { stdout } = await run('ps', ['-A', ...columns], {
    env: { PATH: '/bin:/usr/bin:/usr/local/bin', LC_ALL: 'C' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, group, state, startedAt] = LINE.exec(line) ?? [];
    if (pid === undefined || state === undefined || state.startsWith('Z')) return [];
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        session: 0,
        startedAt: startedAt ?? '',
      },
    ];
  });
}
