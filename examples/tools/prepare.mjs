// Makes the folder in which the job's nodes leave their counts, and removes those of days ago.
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { folder, results } from './results-folder.mjs';

const DAY_MS = 24 * 60 * 60 * 1000;

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(results)) {
  const old = path.join(results, name);
  if (Date.now() - statSync(old).mtimeMs > DAY_MS) rmSync(old, { recursive: true, force: true });
}
console.log(`Node ${process.version} on ${process.platform}`);
if (process.env.BATON_OUTPUT !== undefined) {
  writeFileSync(
    process.env.BATON_OUTPUT,
    JSON.stringify({ node: process.version, platform: process.platform }),
  );
}
