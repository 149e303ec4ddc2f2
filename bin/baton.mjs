#!/usr/bin/env node
// A file of the repository, and not of the build, so that it is there, and may be run, at any time.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/cli/baton.js', import.meta.url);
if (!existsSync(fileURLToPath(built))) {
  process.stderr.write('Baton is not built yet. Run npm run build, then try again.\n');
  process.exit(1);
}
await import(built.href);
