// Runs jest with the flag ES modules need; arguments go on to jest. `--faults` runs the fault tests,
// which kill real services, instead of all others, and prints their tables at the end: a short form of
// them, all with `--long`, whose tables `--write` puts into docs/guarantees.md.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const own = ['--faults', '--long', '--write'];
const faults = process.argv.includes('--faults');
const args = process.argv.slice(2).filter((arg) => !faults || !own.includes(arg));
const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const run = (suites, env = {}) =>
  spawnSync(
    process.execPath,
    ['--experimental-vm-modules', '--no-warnings', jest, ...args, ...suites],
    { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } },
  ).status ?? 1;

function runFaults() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'baton-tables-'));
  const table = path.join(folder, 'tables.md');
  const status = run(['--roots', 'test/faults', '--runInBand', '--verbose'], {
    FAULTS_TABLE: table,
    FAULTS_FORM: process.argv.includes('--long') ? 'long' : 'short',
    FAULTS_WRITE: process.argv.includes('--write') ? '1' : '0',
  });
  try {
    console.log(`\n${readFileSync(table, 'utf8')}`);
  } catch {
    console.log('\nThere are no tables: the matrix was not run.');
  }
  rmSync(folder, { recursive: true, force: true });
  return status;
}

process.exit(
  faults ? runFaults() : run(['--testPathIgnorePatterns', 'test/faults', 'node_modules']),
);
