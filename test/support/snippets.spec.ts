import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTutorial, snippetsOf } from './snippets.js';

const FENCE = '```';
const block = (info: string, ...lines: string[]): string =>
  [FENCE + info, ...lines, FENCE].join('\n');

describe('snippets of a tutorial', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'baton-snippets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (...blocks: string[]): Promise<void> => {
    const file = path.join(folder, 'tutorial.md');
    writeFileSync(file, ['# Title', ...blocks].join('\n\n'));
    return runTutorial(file, { url: 'http://127.0.0.1:1', dataDir: folder });
  };

  it('are found with their language, their file and their line', () => {
    expect(snippetsOf(`x\n${block('json a.json', '{}')}\n\n${block('', 'y')}`)).toEqual([
      { language: 'json', file: 'a.json', text: '{}', line: 3 },
      { language: '', file: '', text: 'y', line: 7 },
    ]);
    expect(() => snippetsOf(`${FENCE}sh\nls`)).toThrow(/line 1 is not closed/);
  });

  it('run one after the other in one shell, on the files and the service', async () => {
    await run(
      block('json a.json', '{ "b": [1] }'),
      block('sh', 'URL=http://127.0.0.1:3000/x'),
      block('sh', 'cat a.json'),
      block('json', '{ "b": [1] }'),
      block('sh', 'echo "{\\"url\\": \\"$URL\\"}"'),
      block('json', '{ "url": "http://127.0.0.1:1/…" }'),
      block('sh', 'echo one; echo two; echo three'),
      block('text', 'one', '…', 'three'),
      block('mermaid', 'flowchart'),
    );
  });

  it.each<[string, string[], RegExp]>([
    ['a command that fails', [block('sh', 'echo before; false; true')], /:4: [^]*before/],
    ['a variable that is not there', [block('sh', 'echo $NOWHERE')], /NOWHERE/],
    ['an answer that is none', [block('sh', 'echo x'), block('json', '{}')], /not print JSON/],
    ['another answer', [block('sh', 'echo "{\\"a\\": 1}"'), block('json', '{ "a": 2 }')], /"a": 2/],
    ['another text', [block('sh', 'echo one'), block('text', 'two')], /one/],
  ])('fail loudly with %s', async (_, blocks, message) => {
    await expect(run(...blocks)).rejects.toThrow(message);
  });
});
