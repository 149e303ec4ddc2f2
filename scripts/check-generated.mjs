// Generated files are committed; this fails when one of them is not what the sources say.
// With --write it writes them instead. Needs a build (npm run build).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const write = process.argv.includes('--write');

const { generatedFiles } = await import('../dist/generated-files.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error(`There is no usable build (${error.message}). Run: npm run build`);
  process.exit(1);
});

let stale = 0;
for (const [name, text] of Object.entries(await generatedFiles())) {
  const file = path.join(root, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  if (write) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${name}`);
  } else {
    stale += 1;
    console.error(`${name} is not what the sources say.`);
  }
}
if (stale > 0) {
  console.error('Run: npm run build && node scripts/check-generated.mjs --write');
  process.exit(1);
}
