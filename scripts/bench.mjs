// Builds the benches and runs them; arguments go on (`-- --workload W1 --store both --json`).
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const run = (args) => {
  const done = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
};
run([path.join(root, 'scripts/ensure-installed.mjs')]);
run([path.join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build']);
run([path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'bench/tsconfig.json']);
run(['--expose-gc', '--enable-source-maps', 'bench/dist/bench/main.js', ...process.argv.slice(2)]);
