import type { Comparison } from '../migration/compare-stores.js';
import type { Difference } from '../migration/differences.js';
import type { Tally } from '../migration/tally.js';
import { JOB_STATUSES } from '../core/job/status.js';

export interface MigrationReport {
  /** For people: without passwords. */
  readonly from: string;
  readonly to: string;
  readonly comparison: Comparison;
  readonly seconds: number;
}

const COUNTED = [
  ['jobs', 'jobs'],
  ['records', 'records'],
  ['nodes', 'nodes'],
  ['testCases', 'test cases'],
  ['templates', 'templates'],
  ['deadLetters', 'dead letters'],
  ['schedules', 'schedules'],
  ['tokens', 'tokens'],
] as const;
const NUMBER = new Intl.NumberFormat('en-US');

/** What was found, as one JSON document. */
export function reportAsJson({ from, to, comparison, seconds }: MigrationReport): string {
  const { source, target, sourceHash, targetHash, differences } = comparison;
  return JSON.stringify(
    {
      verified: differences.count === 0,
      from: { url: from, ...tallyAsJson(source), sha256: sourceHash },
      to: { url: to, ...tallyAsJson(target), sha256: targetHash },
      differences: {
        count: differences.count,
        named: differences.named.map(({ tenantId, jobId, what }) => ({
          tenant_id: tenantId,
          job_id: jobId,
          what,
        })),
      },
      seconds: Math.round(seconds * 10) / 10,
    },
    null,
    2,
  );
}

/** What was found, as a table and, where there are any, a line a difference. */
export function reportAsTable({ from, to, comparison, seconds }: MigrationReport): string {
  const { source, target, sourceHash, targetHash, differences } = comparison;
  const rows = [
    ['', 'source', 'target'],
    ...COUNTED.map(([what, name]) => [
      name,
      NUMBER.format(source[what]),
      NUMBER.format(target[what]),
    ]),
    ...statusRows(source, target),
    ['sha256', sourceHash.slice(0, 12), targetHash.slice(0, 12)],
  ];
  const verdict =
    differences.count === 0
      ? `Nothing differs. Both were read in full; it took ${seconds.toFixed(1)} s in all.`
      : `${NUMBER.format(differences.count)} differences:`;
  const more = differences.count - differences.named.length;
  return [
    `from  ${from}`,
    `to    ${to}`,
    '',
    ...aligned(rows),
    '',
    verdict,
    ...differences.named.map((difference) => `  ${sentence(difference)}`),
    ...(more > 0 ? [`  and ${NUMBER.format(more)} more`] : []),
  ].join('\n');
}

function tallyAsJson(tally: Tally): object {
  const { jobs, records, nodes, testCases, templates, deadLetters, schedules, tokens, tenants } =
    tally;
  return {
    jobs,
    records,
    nodes,
    test_cases: testCases,
    templates,
    dead_letters: deadLetters,
    schedules,
    tokens,
    tenants: Object.fromEntries(
      [...tenants].map(([tenantId, { testCases: cases, deadLetters: letters, ...counts }]) => [
        tenantId,
        { ...counts, test_cases: cases, dead_letters: letters },
      ]),
    ),
  };
}

function statusRows(source: Tally, target: Tally): string[][] {
  const tenants = [...new Set([...source.tenants.keys(), ...target.tenants.keys()])].sort();
  return tenants.flatMap((tenantId) => {
    const [ours, theirs] = [source.tenants.get(tenantId), target.tenants.get(tenantId)];
    return JOB_STATUSES.flatMap((status) => {
      const [here = 0, there = 0] = [ours?.jobs[status], theirs?.jobs[status]];
      if (here === 0 && there === 0) return [];
      return [[`${status} of ${tenantId}`, NUMBER.format(here), NUMBER.format(there)]];
    });
  });
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map(([label = '', ...values]) =>
    [
      label.padEnd(widths[0] ?? 0),
      ...values.map((value, at) => value.padStart(widths[at + 1] ?? 0)),
    ].join('  '),
  );
}

function sentence({ tenantId, jobId, what }: Difference): string {
  const whose = [
    ...(tenantId === undefined ? [] : [`tenant ${tenantId}`]),
    ...(jobId === undefined ? [] : [`job ${jobId}`]),
  ].join(', ');
  return whose === '' ? what : `${whose}: ${what}`;
}
