// A reporter for node:test that leaves the counts of a run where merge-counts.mjs finds them. Named
// by node and case, so that a second attempt replaces what the first left.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { folder } from './results-folder.mjs';

const name = [process.env.BATON_NODE_ID, process.env.BATON_TEST_CASE].filter(Boolean).join('.');

export default async function* collectCounts(events) {
  const counts = { tests: 0, passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (data.details?.type === 'suite') continue;
    counts.tests += 1;
    if (data.skip !== undefined || data.todo !== undefined) counts.skipped += 1;
    else counts[type === 'test:pass' ? 'passed' : 'failed'] += 1;
  }
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${(name || 'by-hand').replace(/[^\w.-]/g, '_')}.json`);
  writeFileSync(`${file}.part`, JSON.stringify(counts));
  renameSync(`${file}.part`, file);
  yield `${counts.passed} of ${counts.tests} tests passed\n`;
}
