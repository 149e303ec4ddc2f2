import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DRIVER_PACKAGE } from '../src/adapters/storage/sqlite/driver.js';
import type { Calibration } from './calibration.js';
import type { StoreSource } from './stores.js';

/** What the figures were measured on, for people. */
export function describeMachine(
  calibration: Calibration,
  sources: readonly StoreSource[],
): Record<string, string | number> {
  const packages = { sqlite: [DRIVER_PACKAGE], mongodb: ['mongoose', 'mongodb'] } as const;
  const used = sources.flatMap(({ kind }) => packages[kind]);
  return {
    cpu: `${os.cpus()[0]?.model.trim() ?? 'unknown'} × ${os.cpus().length}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    ...Object.fromEntries(used.map((name) => [name, versionOf(name)])),
    ...Object.fromEntries(sources.map(({ title, about }) => [title, about])),
    'fdatasync/s (512 bytes)': calibration.fdatasyncPerSecond,
    'loop (million rounds/s)': calibration.loopMillionsPerSecond,
  };
}

function versionOf(name: string): string {
  const file = path.join('node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
