// Runs jest with the flag ES modules need; arguments go on to jest. `--faults` runs the fault tests,
// which kill real services and want a build, instead of all others.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const args = process.argv.slice(2).filter((arg) => arg !== '--faults');
const faults = process.argv.includes('--faults');
const node = (...command) =>
  spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status ?? 1;

if (faults) {
  const built = node(path.join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build');
  if (built !== 0) process.exit(built);
}
const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const suites = faults
  ? ['--roots', 'test/faults', '--runInBand']
  : ['--testPathIgnorePatterns', 'test/faults', 'node_modules'];
process.exit(node('--experimental-vm-modules', '--no-warnings', jest, ...args, ...suites));
