import { bold, green, red } from './progress.mjs';

/** The table of nodes with the counts of their test reports, and the totals. */
export async function printResults(api, job) {
  const passedAll = job.status === 'completed';
  const seconds = (Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000;
  const sign = passedAll ? green('✔') : red('✘');
  console.log(`${sign} ${bold(job.name)} ${job.status} in ${seconds.toFixed(1)} s\n`);
  let tests = 0;
  let passed = 0;
  for (const { id } of job.nodes) {
    const node = await api.node(job.id, id);
    const reports = reportsOf(node.output);
    const mine = reports.reduce((sum, report) => sum + report.tests, 0);
    const good = reports.reduce((sum, report) => sum + report.passed, 0);
    tests += mine;
    passed += good;
    const ended = (node.status === 'completed' ? green : red)(node.status.padEnd(10));
    const counts = mine === 0 ? '' : `${good}/${mine} tests passed`;
    const flaky = node.passed_on_retry ? ` (flaky: passed on attempt ${node.attempt})` : '';
    console.log(`  ${id.padEnd(20)} ${ended} ${counts}${flaky}`);
    if (node.error !== undefined) console.log(`    ${red(node.error.message)}`);
  }
  console.log(`\n  ${passed} of ${tests} tests passed in ${job.nodes.length} nodes`);
}

/** A test_case has one report; a test_suite of several cases has one in each. */
function reportsOf(output) {
  if (output?.report !== undefined) return [output.report];
  return (output?.cases ?? []).flatMap((testCase) => reportsOf(testCase));
}

/** Shows from the journal and from the commands' own notes that nothing was lost or run twice. */
export async function printCrashReport(api, job, before, ledger) {
  if (before === undefined) {
    console.log(red('\nThe job ended before the service could be killed.'));
    return false;
  }
  const events = await api.events(job.id);
  const of = (type) => events.filter((event) => event.type === type);
  const completions = of('node_completed').map((event) => event.node);
  const starts = of('node_started').map((event) => `${event.node}/${event.attempt}`);
  const runs = ledger.runs();
  const again = of('node_started').filter(
    (event) => event.attempt > 1 && before.completed.includes(event.node),
  );
  const cutOff = of('node_retrying').filter((event) => event.error?.code === 'attempt_interrupted');
  const distinct = (list) => new Set(list).size === list.length;
  const checks = [
    [
      `every node has completed (${completions.length} of ${job.node_count})`,
      completions.length === job.node_count,
    ],
    [`no node completed twice (${completions.length} completions)`, distinct(completions)],
    [
      `what had completed before the kill did not run again (${before.completed.length} nodes)`,
      again.length === 0,
    ],
    [`every attempt was started once (${starts.length} starts)`, distinct(starts)],
    [
      `no command of an attempt ran twice (${runs.size} noted themselves)`,
      runs.size > 0 && [...runs.values()].every((count) => count === 1),
    ],
    [
      `attempts that were cut off were tried again (${cutOff.map((event) => event.node).join(', ')})`,
      cutOff.length > 0,
    ],
  ];
  console.log(bold('\nAfter the crash'));
  for (const [what, holds] of checks) console.log(`  ${holds ? green('✔') : red('✘')} ${what}`);
  return checks.every(([, holds]) => holds);
}
