import { expect } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { builtService } from './build.js';
import type { Service } from './service.js';

/** Where tutorials say that the service is. */
const DOCUMENTED_URL = 'http://127.0.0.1:3000';
const LIMIT_MS = 60_000;
/** Stands for anything in what a tutorial shows of an answer. */
const ELLIPSIS = '…';

/** A fenced block of a tutorial. */
export interface Snippet {
  readonly language: string;
  /** What follows the language: the name of the file that the block is. */
  readonly file: string;
  readonly text: string;
  /** Of its first line in the document, from 1. */
  readonly line: number;
}

export function snippetsOf(markdown: string): readonly Snippet[] {
  const snippets: Snippet[] = [];
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const [, fence = '', language = '', file = ''] =
      /^(`{3,})(\w*) *(\S*)/.exec(lines[at] ?? '') ?? [];
    if (fence === '') continue;
    const end = lines.indexOf(fence, at + 1);
    if (end < 0) throw new Error(`The block at line ${at + 1} is not closed. Add ${fence}.`);
    const text = lines.slice(at + 1, end).join('\n');
    snippets.push({ language, file, text, line: at + 2 });
    at = end;
  }
  return snippets;
}

/**
 * Does what a tutorial says, as its reader would, in a folder of its own and against a service:
 *
 * - `sh` blocks run one after the other in one bash, which ends at the first command that fails;
 *   `npx baton` is the service's own command;
 * - a block of any language with a file name after it (```` ```json job.json ````) is written to that
 *   file before anything runs;
 * - a `json` block without one shows the answer of the `sh` block before it: what it printed must be
 *   JSON that has at least this, where the text `…` stands for any value;
 * - a `text` block shows what the `sh` block before it printed, where a `…` stands for any text.
 *
 * Blocks of other languages are for reading. Needs bash, and what the blocks call, such as curl.
 */
export async function runTutorial(
  file: string,
  service: Pick<Service, 'url' | 'dataDir'>,
): Promise<void> {
  const snippets = snippetsOf(readFileSync(file, 'utf8'));
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-tutorial-'));
  try {
    for (const { file: name, text } of snippets) {
      if (name !== '') writeFileSync(inFolder(folder, name), `${text}\n`);
    }
    const commands = snippets.filter(({ language }) => language === 'sh');
    await runAll(file, folder, commands, service);
    for (const [at, shown] of snippets.entries()) {
      const before = snippets.slice(0, at).findLast(({ language }) => language === 'sh');
      if (shown.file !== '' || before === undefined) continue;
      const printed = readFileSync(outputOf(folder, before), 'utf8');
      if (shown.language === 'json') expectAnswer(printed, shown, file);
      if (shown.language === 'text') expectText(printed, shown, file);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runAll(
  file: string,
  folder: string,
  commands: readonly Snippet[],
  service: Pick<Service, 'url' | 'dataDir'>,
): Promise<void> {
  mkdirSync(path.join(folder, '.printed'));
  const cli = path.join(builtService(), 'cli/baton.js');
  const script = [
    'set -euo pipefail',
    `npx() { shift; ${quoted(process.execPath)} ${quoted(cli)} "$@"; }`,
    ...commands.flatMap((command) => [
      `echo ${command.line} > .printed/running`,
      // Braces, unlike parentheses, keep what the block sets for those after it.
      `{\n${command.text.replaceAll(DOCUMENTED_URL, service.url)}\n} > ${quoted(outputOf(folder, command))}`,
    ]),
  ].join('\n');
  const bash = spawn('bash', ['-c', script], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      DATA_DIR: service.dataDir,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LIMIT_MS,
  });
  let errors = '';
  bash.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(bash, 'close')) as [number | null];
  if (code === 0) return;
  const line = readFileSync(path.join(folder, '.printed/running'), 'utf8').trim();
  const last = path.join(folder, '.printed', `${line}.txt`);
  const printed = existsSync(last) ? readFileSync(last, 'utf8') : '';
  throw new Error(
    `${file}:${line}: the block ended with ${String(code ?? 'the time limit')}. It printed:\n${printed}\n${errors}`,
  );
}

function expectAnswer(printed: string, shown: Snippet, file: string): void {
  const where = `${file}:${shown.line}`;
  let answer: unknown;
  try {
    answer = JSON.parse(printed);
  } catch {
    throw new Error(`${where}: the block before it did not print JSON, but:\n${printed}`);
  }
  expect({ where, answer }).toMatchObject({ where, answer: asMatcher(JSON.parse(shown.text)) });
}

function expectText(printed: string, shown: Snippet, file: string): void {
  const pattern = shown.text.trim().split(ELLIPSIS).map(literally).join('[^]*?');
  if (new RegExp(`^${pattern}$`).test(printed.trim())) return;
  // Fails, and shows the difference.
  expect(`${file}:${shown.line}\n${printed.trim()}`).toBe(`${file}:${shown.line}\n${shown.text}`);
}

/** A shown answer as what it is to be matched with. */
function asMatcher(shown: unknown): unknown {
  if (shown === ELLIPSIS) return expect.anything();
  if (typeof shown === 'string' && shown.includes(ELLIPSIS)) {
    const parts = shown.split(ELLIPSIS).map(literally);
    return expect.stringMatching(new RegExp(`^${parts.join('[^]*')}$`));
  }
  if (Array.isArray(shown)) return shown.map(asMatcher);
  if (typeof shown !== 'object' || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, asMatcher(value)]));
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function outputOf(folder: string, { line }: Snippet): string {
  return path.join(folder, '.printed', `${line}.txt`);
}

function inFolder(folder: string, name: string): string {
  if (path.basename(name) !== name) throw new Error(`"${name}" must be a file name alone.`);
  return path.join(folder, name);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
