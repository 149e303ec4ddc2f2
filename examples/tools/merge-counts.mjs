// The last node of the demo: adds up what the others left, and makes it the output of the node.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { folder } from './results-folder.mjs';

const total = { tests: 0, passed: 0, failed: 0, skipped: 0 };
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
for (const file of files.sort()) {
  const counts = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(`${file.replace('.json', '').padEnd(40)} ${counts.passed}/${counts.tests}`);
}
console.log(`${'all'.padEnd(40)} ${total.passed}/${total.tests}`);
if (process.env.BATON_OUTPUT !== undefined) {
  writeFileSync(process.env.BATON_OUTPUT, JSON.stringify({ runs: files.length, ...total }));
}
if (total.tests === 0 || total.failed > 0) process.exitCode = 1;
