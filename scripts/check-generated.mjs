// Generated files are committed; this fails when one of them is not what the sources say.
// With --write it writes them instead. Needs a build (npm run build).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '..');

/** Writes those generated files that are not what the sources say. */
async function writeStale() {
  for (const [name, text] of await stale()) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${name}`);
  }
}

async function stale() {
  const built = path.join(root, 'dist', 'generated-files.js');
  if (!existsSync(built)) {
    console.error('There is no build. Run: npm run build');
    process.exit(1);
  }
  const { generatedFiles } = await import(pathToFileURL(built).href);
  return Object.entries(await generatedFiles()).filter(([name, text]) => {
    const file = path.join(root, name);
    return !existsSync(file) || readFileSync(file, 'utf8') !== text;
  });
}

if (process.argv.includes('--write')) {
  await writeStale();
} else {
  const differing = await stale();
  for (const [name] of differing) console.error(`${name} is not what the sources say.`);
  if (differing.length > 0) {
    console.error('Run: npm run generate');
    process.exit(1);
  }
  console.log('Every generated file is what the sources say.');
}
