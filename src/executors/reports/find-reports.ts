import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { glob } from 'tinyglobby';

export interface ReportFile {
  /** Absolute, with symbolic links resolved. */
  readonly path: string;
  /** Below the folder it was looked for in, with `/`: what messages call it. */
  readonly name: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** The pattern reaches, or could reach, out of the folder. */
export class ReportOutsideFolder extends Error {
  readonly code = 'report_outside_folder';
  constructor(pattern: string) {
    super(
      `The report "${pattern}" is not below the folder that the command runs in. Name it relative to that folder, without "..".`,
    );
    this.name = 'ReportOutsideFolder';
  }
}

/**
 * Files below `folder` that the path or glob names, sorted by name. Links to files elsewhere are
 * passed over, and folders that are links are not looked into.
 * Rejects with {@link ReportOutsideFolder}.
 */
export async function findReports(folder: string, pattern: string): Promise<readonly ReportFile[]> {
  const normal = process.platform === 'win32' ? pattern.replace(/\\/g, '/') : pattern;
  if (path.isAbsolute(pattern) || normal.split('/').includes('..')) {
    throw new ReportOutsideFolder(pattern);
  }
  const root = await realpath(folder);
  const literal = await regularFile(root, normal);
  if (literal !== undefined) return [literal];
  const names = await glob(normal, {
    cwd: root,
    dot: true,
    onlyFiles: true,
    expandDirectories: false,
    followSymbolicLinks: false,
    ignore: ['**/node_modules/**', '**/.git/**'],
  });
  names.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const files: ReportFile[] = [];
  for (const name of names) {
    const file = await regularFile(root, name);
    if (file !== undefined) files.push(file);
  }
  return files;
}

async function regularFile(root: string, name: string): Promise<ReportFile | undefined> {
  try {
    const resolved = await realpath(path.join(root, name));
    if (!resolved.startsWith(root.endsWith(path.sep) ? root : root + path.sep)) return undefined;
    const found = await stat(resolved);
    if (!found.isFile()) return undefined;
    return {
      path: resolved,
      name: path.posix.normalize(name),
      size: found.size,
      modifiedMs: found.mtimeMs,
    };
  } catch {
    // Not there, or gone again: that no report was found is said by the caller.
    return undefined;
  }
}
