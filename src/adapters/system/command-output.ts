import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Json } from '../../core/json.js';
import { MAX_NESTING, nestsDeeper } from '../../core/json-nesting.js';

/** Windows has no such flag, and no pipes among its files. */
const NO_WAITING = (constants.O_NONBLOCK as number | undefined) ?? 0;

export type CommandOutput =
  | { readonly output?: Json }
  /** Why what was written cannot be used, and what to do. */
  | { readonly outputError: string };

/** Reads what a command wrote to BATON_OUTPUT. No file, or an empty one, is no output. */
export async function readCommandOutput(file: string, maxBytes: number): Promise<CommandOutput> {
  let bytes: Buffer;
  try {
    // The command may have put anything there; a pipe must not make us wait.
    const handle = await open(file, constants.O_RDONLY | NO_WAITING);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) {
        return { outputError: 'BATON_OUTPUT is not a regular file any more: write JSON to it.' };
      }
      if (stat.size > maxBytes) {
        return {
          outputError: `BATON_OUTPUT holds ${stat.size} bytes, at most ${maxBytes} are allowed: write less, or write files to a store of your own and their names here.`,
        };
      }
      bytes = await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? {} : { outputError: `BATON_OUTPUT cannot be read: ${message}` };
  }
  const text = decode(bytes);
  if (text.trim() === '') return {};
  try {
    const output = JSON.parse(text) as Json;
    if (nestsDeeper(output, MAX_NESTING)) {
      return { outputError: `BATON_OUTPUT nests more than ${MAX_NESTING} levels deep.` };
    }
    return { output };
  } catch (error) {
    return {
      outputError: `BATON_OUTPUT is not JSON (${(error as Error).message}): write one JSON value to it, such as {"count": 3}.`,
    };
  }
}

/** UTF-8, or what PowerShell makes of `>`. */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString('utf16le');
  const text = bytes.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
