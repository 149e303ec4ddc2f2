// Installs the locked dependencies when they are absent or older than the lock file,
// so that every documented command works in a fresh clone.
import { existsSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const marker = path.join(root, 'node_modules', '.package-lock.json');
const lock = path.join(root, 'package-lock.json');

const driver = path.join(root, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node');
if (
  !existsSync(marker) ||
  !existsSync(driver) ||
  statSync(marker).mtimeMs < statSync(lock).mtimeMs
) {
  console.error('Installing dependencies (npm ci) …');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) {
    console.error(
      'npm ci failed. Check that the npm registry is reachable, then run the command again.',
    );
    process.exit(done.status ?? 1);
  }
}
