import { describe, expect, it } from '@jest/globals';
import { membersOf, PosixProcessTrees } from './posix-process-trees.js';
import type { ProcessEntry, ProcessTable } from './process-table.js';
import { SharedSnapshot } from './process-table.js';
import { WindowsProcessTable } from './windows-process-table.js';
import { WindowsProcessTrees } from './windows-process-trees.js';

const entry = (pid: number, parent: number, more: Partial<ProcessEntry> = {}): ProcessEntry => ({
  pid,
  parent,
  group: pid,
  session: pid,
  startedAt: '1',
  ...more,
});
const mark = { attemptId: 'j/n/1', output: '/w/j/n/1/output-a.json' };
const pids = (entries: readonly ProcessEntry[]) => entries.map(({ pid }) => pid).sort();

describe('the processes of a command', () => {
  const marked = { attemptId: mark.attemptId, outputFile: mark.output };

  it('are its group, its session, their descendants, and who carries its marker', () => {
    const entries = [
      entry(10, 1, { group: 10, session: 10 }),
      entry(11, 10, { group: 10, session: 10 }),
      entry(12, 1, { group: 12, session: 10 }),
      entry(13, 12),
      entry(14, 13),
      entry(20, 1, marked),
      entry(21, 1, { session: 20 }),
      entry(30, 1),
      entry(31, 30),
    ];
    expect(pids(membersOf(entries, { ...mark, root: 10 }))).toEqual([10, 11, 12, 13, 14, 20, 21]);
    expect(pids(membersOf(entries, mark))).toEqual([20, 21]);
  });

  it('are those of one command, or of all commands of one attempt', () => {
    const entries = [
      entry(20, 1, marked),
      entry(21, 1, { ...marked, outputFile: '/w/j/n/1/output-b.json' }),
      entry(22, 1, { ...marked, outputFile: '/w/j/n/10/output-a.json' }),
      entry(23, 1, { ...marked, outputFile: '/elsewhere/j/n/1/output-a.json' }),
      entry(24, 1, { ...marked, attemptId: 'j/n/2' }),
    ];
    expect(pids(membersOf(entries, mark))).toEqual([20]);
    expect(pids(membersOf(entries, { ...mark, output: '/w/j/n/1/' }))).toEqual([20, 21]);
  });

  it('are never the service or those in its session', () => {
    const entries = [
      entry(process.pid, 1, { ...marked, session: 5 }),
      entry(40, 1, { session: 5 }),
    ];
    expect(membersOf(entries, mark)).toEqual([]);
  });

  it('are given up on when they survive SIGKILL', async () => {
    const stuck: ProcessTable = {
      snapshot: () => Promise.resolve([entry(2 ** 30, 1, marked)]),
      leftBehind: () => Promise.resolve([]),
    };
    const trees = new PosixProcessTrees(stuck, 20);
    expect(await trees.end(mark, 10)).toBe(false);
    expect(await trees.endLeftBehind({ ...mark, root: 5 }, 10, 10)).toBe(true);
  });
});

describe('a shared snapshot', () => {
  it('is taken once for all who ask while another is being taken, and is never older than the asking', async () => {
    const waiting: (() => void)[] = [];
    let taken = 0;
    const shared = new SharedSnapshot(async () => {
      const pid = ++taken;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return [entry(pid, 1)];
    });
    const first = shared.get();
    while (waiting.length < 1) await Promise.resolve();
    const others = [shared.get(), shared.get(), shared.get()];
    waiting[0]?.();
    expect(pids(await first)).toEqual([1]);
    while (waiting.length < 2) await Promise.resolve();
    waiting[1]?.();
    expect((await Promise.all(others)).map(pids)).toEqual([[2], [2], [2]]);
    expect(taken).toBe(2);
  });

  it('that fails does not keep the next from being taken', async () => {
    let taken = 0;
    const shared = new SharedSnapshot(() =>
      ++taken === 1 ? Promise.reject(new Error('no')) : Promise.resolve([]),
    );
    await expect(shared.get()).rejects.toThrow('no');
    expect(await shared.get()).toEqual([]);
  });
});

describe('on Windows', () => {
  it('taskkill ends the tree, by force when it must', async () => {
    const calls: string[] = [];
    let alive = true;
    const trees = new WindowsProcessTrees(
      (command, args) => {
        calls.push([command, ...args].join(' '));
        if (args.includes('/F')) alive = false;
        return Promise.resolve(0);
      },
      () => alive,
    );
    expect(await trees.end({ ...mark, root: 77 }, 1)).toBe(true);
    expect(calls).toEqual(['taskkill /T /PID 77', 'taskkill /T /F /PID 77']);
    expect(await trees.end({ ...mark, root: 77 }, 1)).toBe(true);
    expect(calls).toHaveLength(2);
  });

  it('the process list is read from what PowerShell prints', async () => {
    const table = new WindowsProcessTable(() =>
      Promise.resolve('0 0 \r\n77 4 2026-01-02T03:04:05.0000000Z\r\n\r\n'),
    );
    expect(await table.snapshot()).toEqual([
      { pid: 77, parent: 4, group: 0, session: 0, startedAt: '2026-01-02T03:04:05.0000000Z' },
    ]);
  });
});
