import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { transformFileSync } from '@swc/core';

const ROOT = process.cwd();
const OLD_MS = 3_600_000;
const CACHE = path.join(ROOT, 'node_modules', '.cache', 'baton-e2e');

/**
 * The folder of the service as plain JavaScript, compiled anew when a source has changed. Tests run
 * it in processes of its own, as users do: @nestjs/throttler is a CommonJS package that needs
 * @nestjs/common, an ES module, which jest cannot load for it on every Node that we support.
 */
export function builtService(): string {
  return path.join(build(['src']), 'src');
}

/** The same with the entry point of the fault tests, `main.js`, which the folder is of. */
export function builtFaultyService(): string {
  const entry = 'test/faults/service';
  return path.join(build(['src', entry]), entry);
}

function build(roots: readonly string[]): string {
  const files = roots
    .flatMap((root) =>
      readdirSync(path.join(ROOT, root), { recursive: true, encoding: 'utf8' }).map((file) =>
        path.join(root, file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .sort();
  const hash = createHash('sha256').update(readFileSync(path.join(ROOT, '.swcrc')));
  for (const file of files) hash.update(file).update(readFileSync(path.join(ROOT, file)));
  const folder = path.join(CACHE, hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  removeOld();

  const draft = path.join(CACHE, randomUUID());
  for (const file of files) {
    const { code } = transformFileSync(path.join(ROOT, file), {
      swcrcRoots: ROOT,
      configFile: path.join(ROOT, '.swcrc'),
    });
    const target = path.join(draft, file.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  writeFileSync(path.join(draft, 'package.json'), '{"type":"module"}\n');
  try {
    renameSync(draft, folder);
  } catch {
    // Another test file has built the same sources meanwhile.
    rmSync(draft, { recursive: true });
  }
  return folder;
}

/** Earlier sources, which no test can still be running. */
function removeOld(): void {
  if (!existsSync(CACHE)) return;
  for (const name of readdirSync(CACHE)) {
    const folder = path.join(CACHE, name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > OLD_MS) rmSync(folder, { recursive: true, force: true });
  }
}
