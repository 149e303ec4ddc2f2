// Installs the locked dependencies when they are absent or older than the lock file, and builds the
// SQLite driver anew when Node has changed, so that every documented command works in a fresh clone.
import { existsSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const marker = path.join(root, 'node_modules', '.package-lock.json');
const lock = path.join(root, 'package-lock.json');

function npm(args, cwd = root) {
  const done = spawnSync('npm', [...args, '--no-audit', '--no-fund'], {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (done.status === 0) return;
  console.error(
    `npm ${args.join(' ')} failed. Check that the npm registry is reachable, then try again.`,
  );
  process.exit(done.status ?? 1);
}

// As src/adapters/storage/sqlite/driver.ts chooses it.
const driver =
  Number(process.versions.node.split('.')[0]) < 22 ? 'better-sqlite3-node20' : 'better-sqlite3';

function driverLoads() {
  try {
    const Database = createRequire(import.meta.url)(driver);
    new Database(':memory:').close();
    return true;
  } catch {
    return false;
  }
}

if (!existsSync(marker) || statSync(marker).mtimeMs < statSync(lock).mtimeMs) {
  console.error('Installing dependencies (npm ci) …');
  npm(['ci']);
}
if (!driverLoads()) {
  console.error(`Building the SQLite driver for Node ${process.versions.node}, up to a minute …`);
  // Not `npm rebuild`: .npmrc denies install scripts, since npm would compile the driver that brings
  // its binaries too.
  npm(['run', 'install'], path.join(root, 'node_modules', driver));
  if (!driverLoads()) {
    console.error(
      `The SQLite driver (${driver}) does not load. On Node 20 it is compiled: install a C++ compiler and Python, or use Node 22 or later; then run npm ci.`,
    );
    process.exit(1);
  }
}
