import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { POINTS } from '../service/points.js';
import { FAULTS, STORES, type StoreName } from './faults.js';
import { CELLS, cellName, POINT_NAMES } from './matrix.js';

const PAGE = path.resolve('docs/guarantees.md');
const [BEGIN, END] = ['<!-- faults -->\n', '<!-- /faults -->'];

/** What became of cells, by their names. */
export type Results = ReadonlyMap<string, Result>;
export type Result = 'ok' | 'failed' | 'left out';

const TITLES: Readonly<Record<StoreName, string>> = { mongodb: 'MongoDB', sqlite: 'SQLite' };

/** The tables of all cells, those that only the long form runs marked so, and what the faults are. */
export function renderTables(results: Results, server: string): string {
  const names = FAULTS.map(({ name }) => name);
  const tables = STORES.map((store) => {
    const on = store === 'mongodb' ? ` (${server})` : '';
    const rows = POINTS.map((point) => {
      const said = FAULTS.map((fault) => {
        const cell = CELLS.find(
          (it) => it.store === store && it.point === point && it.fault === fault,
        );
        const result = cell === undefined ? 'left out' : results.get(cellName(cell));
        if (result === 'left out') return '—';
        return `${result ?? 'not run'}${cell?.form === 'long' ? ' (long)' : ''}`;
      });
      return row(POINT_NAMES[point], said);
    });
    const rule = ['---', ...names.map(() => '---')].join(' | ');
    return [row(`${TITLES[store]}${on}`, names), `| ${rule} |`, ...rows].join('\n');
  });
  const meanings = [
    row('fault', ['what is done']),
    row('---', ['---']),
    ...FAULTS.map(({ name, meaning }) => row(name, [meaning])),
  ].join('\n');
  return `${[...tables, meanings].join('\n\n')}\n`;
}

function row(head: string, cells: readonly string[]): string {
  return `| ${[head, ...cells].join(' | ')} |`;
}

/** The tables as docs/guarantees.md has them. */
export function quotedTables(): string {
  const page = readFileSync(PAGE, 'utf8');
  return page.slice(page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END));
}

export function quoteTables(tables: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const begin = page.indexOf(BEGIN) + BEGIN.length;
  writeFileSync(PAGE, page.slice(0, begin) + tables + page.slice(page.indexOf(END)));
}

/** The MongoDB that the page's tables were made on. */
export function quotedServer(): string | undefined {
  return /^\| MongoDB \((.*?)\)/m.exec(quotedTables())?.[1];
}

/** What the page says of cells; the inverse of {@link renderTables}. */
export function quotedResults(): Results {
  const results = new Map<string, Result>();
  const lines = quotedTables().split('\n');
  for (const store of STORES) {
    const head = lines.findIndex((line) => line.startsWith(`| ${TITLES[store]}`));
    const names = cellsOf(lines[head]);
    for (const line of lines.slice(head + 2, head + 2 + POINTS.length)) {
      const [point, ...said] = cellsOf(line);
      for (const cell of CELLS) {
        if (cell.store !== store || POINT_NAMES[cell.point] !== point) continue;
        const result = said[names.indexOf(cell.fault.name) - 1]?.replace(' (long)', '');
        if (result === 'ok' || result === 'failed') results.set(cellName(cell), result);
        else if (result === '—') results.set(cellName(cell), 'left out');
      }
    }
  }
  return results;
}

function cellsOf(line = ''): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
