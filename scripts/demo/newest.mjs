import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** The latest modification time (epoch ms) of the files under a folder. */
export function newestIn(folder) {
  const files = readdirSync(folder, { recursive: true });
  return Math.max(...files.map((file) => statSync(path.join(folder, file)).mtimeMs));
}
