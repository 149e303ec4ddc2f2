import { PosixProcessTrees } from './posix-process-trees.js';
import { ProcProcessTable } from './proc-process-table.js';
import type { ProcessTable } from './process-table.js';
import type { ProcessTrees } from './process-trees.js';
import { PsProcessTable } from './ps-process-table.js';
import { WindowsProcessTable } from './windows-process-table.js';
import { WindowsProcessTrees } from './windows-process-trees.js';

/** How processes are found and ended on a platform. */
export interface ProcessSystem {
  readonly platform: NodeJS.Platform;
  readonly table: ProcessTable;
  readonly trees: ProcessTrees;
  /** Whether the processes of an attempt can be told by their environment; else notes are kept. */
  readonly readsEnvironments: boolean;
}

export function processSystem(platform: NodeJS.Platform): ProcessSystem {
  if (platform === 'win32') {
    const table = new WindowsProcessTable();
    return { platform, table, trees: new WindowsProcessTrees(), readsEnvironments: false };
  }
  const readsEnvironments = platform === 'linux' || platform === 'android';
  const table = readsEnvironments ? new ProcProcessTable() : new PsProcessTable();
  return { platform, table, trees: new PosixProcessTrees(table), readsEnvironments };
}
