import { describe, expect, it } from '@jest/globals';
import { ProgressLine } from './progress-line.js';

const at = (phase: 'copied' | 'verified', jobs: number): Parameters<ProgressLine['show']>[0] => ({
  phase,
  jobs,
  ofJobs: 100,
  records: 10 * jobs,
  ofRecords: 1_000,
});

describe('ProgressLine', () => {
  const shown = (isTTY: boolean): string[] => {
    const written: string[] = [];
    let now = 0;
    const line = new ProgressLine({ write: (text) => written.push(text), isTTY }, () => now);
    for (let jobs = 0; jobs <= 100; jobs += 10) {
      line.show(at('copied', jobs));
      now += 1_000;
    }
    line.show(at('verified', 1));
    now += 1_000;
    line.show(at('verified', 150));
    line.end();
    line.end();
    return written;
  };

  it('writes a line now and then, and the last of each phase', () => {
    expect(shown(false)).toEqual([
      'copied: 50 of about 100 jobs, 500 of about 1000 records, 100 records/s\n',
      'copied: 100 of about 100 jobs, 1000 of about 1000 records, 100 records/s\n',
      'copied: 100 of about 100 jobs, 1000 of about 1000 records, 91 records/s\n',
      'verified: 150 of about 150 jobs, 1500 of about 1500 records, 1500 records/s\n',
    ]);
  });

  it('writes over its line on a terminal', () => {
    const written = shown(true);
    expect(written.length).toBeGreaterThan(10);
    expect(written.filter((text) => text === '\n')).toHaveLength(2);
    for (const text of written) if (text !== '\n') expect(text).toMatch(/^\r.\[K\w+: [^\n]+$/);
  });
});
