// npm run demo [-- --crash] [-- --keep]: runs the example suites as a DAG on a service of its own and
// shows them live. --crash kills the service with SIGKILL in the middle; --keep leaves it up.
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Api } from './demo/api.mjs';
import { Ledger } from './demo/ledger.mjs';
import { newestIn } from './demo/newest.mjs';
import { Progress, bold, dim, green, red } from './demo/progress.mjs';
import { printCrashReport, printResults } from './demo/results.mjs';
import { Service } from './demo/service.mjs';

const { values: options } = parseArgs({
  options: {
    crash: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const root = path.resolve(import.meta.dirname, '..');
const examples = path.join(root, 'examples');
const dataDir = path.join(root, 'data', 'demo');
const ENDED = new Set(['completed', 'failed', 'cancelled', 'timed_out']);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function run(title, script, args = []) {
  const command = [path.join(root, script), ...args];
  const done = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) throw new Error(`${title} failed; see above.`);
}

function prepare() {
  run('Installing', 'scripts/ensure-installed.mjs');
  const built = path.join(root, 'dist/main.js');
  if (!existsSync(built) || statSync(built).mtimeMs < newestIn(path.join(root, 'src'))) {
    console.log('Building …');
    run('The build', 'node_modules/@nestjs/cli/bin/nest.js', ['build']);
  }
  rmSync(dataDir, { recursive: true, force: true });
}

/** An example file with the folder of the examples filled in. */
function example(name) {
  const text = readFileSync(path.join(examples, name), 'utf8');
  return JSON.parse(text.replaceAll('{{examples}}', examples.replaceAll('\\', '/')));
}

async function main() {
  prepare();
  const ledger = new Ledger(path.join(dataDir, 'ledger'));
  const service = new Service({ root, dataDir });
  await service.start();
  const where = `API docs: ${service.url}/docs, pid ${service.pid}`;
  console.log(`Baton is up at ${service.url} ${dim(`(${where})`)}`);

  const api = new Api(service.url, service.token());
  const definition = ledger.into(example('demo-job.json'));
  if (existsSync(path.join(examples, 'test-cases.json'))) {
    await api.registerCases(example('test-cases.json'));
  }
  const submitted = await api.submit(definition);
  console.log(
    `Submitted ${bold(submitted.name)} as ${submitted.id}: ${submitted.node_count} nodes\n`,
  );

  const progress = new Progress(definition);
  let before;
  let job = submitted;
  while (!ENDED.has(job.status)) {
    await pause(150);
    job = await api.job(submitted.id);
    progress.show(job);
    if (options.crash && before === undefined) before = await crash(service, job, progress);
  }
  progress.end();

  await printResults(api, job);
  let ok = job.status === 'completed';
  if (options.crash) ok = (await printCrashReport(api, job, before, ledger)) && ok;
  const shown = (file) => path.relative(process.cwd(), file);
  console.log(`\nWhere to look${options.keep ? '' : ' (the API with -- --keep)'}:
  job      ${service.url}${job.links.self}
  graph    ${service.url}${job.links.graph}?format=mermaid
  logs     ${shown(path.join(dataDir, 'artifacts'))}
  service  ${shown(service.log)}`);
  if (options.keep) {
    console.log(`\nThe service stays up; end it with: kill ${service.pid}`);
    console.log(`A token for curl:\n  ${service.token()}`);
    service.release();
  } else {
    await service.stop();
  }
  return ok;
}

/** Kills the service once some nodes have completed and some are running; answers which. */
async function crash(service, job, progress) {
  const inStatus = (status) =>
    job.nodes.filter((node) => node.status === status).map((node) => node.id);
  const before = { completed: inStatus('completed'), running: inStatus('running') };
  if (before.completed.length < 2 || before.running.length < 2) return undefined;
  const { pid } = service;
  await service.kill();
  progress.note(
    red(`\nkill -9 ${pid}: the service is gone while ${before.running.join(', ')} run`),
  );
  await pause(1_000);
  await service.start();
  progress.note(green(`started again as ${service.pid}; the job goes on by itself\n`));
  return before;
}

main().then(
  (ok) => process.exit(ok ? 0 : 1),
  (error) => {
    console.error(red(error.message));
    Service.killAll();
    process.exit(1);
  },
);
