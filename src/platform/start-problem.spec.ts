import { describe, expect, it } from '@jest/globals';
import { startProblem } from './start-problem.js';

const config = {
  dataDir: '/d',
  database: { kind: 'sqlite', path: '/d/baton.db' } as const,
  host: 'nowhere',
  port: 80,
};
const failure = (code: string, fields: object = {}): Error =>
  Object.assign(new Error('it failed'), { code }, fields);

describe('startProblem', () => {
  it.each([
    [failure('EADDRINUSE'), /Port 80 is taken; give another PORT/],
    [failure('EACCES', { syscall: 'listen' }), /PORT above 1023/],
    [failure('EACCES', { path: '/d' }), /it failed\. See .*DATA_DIR \(\/d\)/],
    [failure('ENOTFOUND'), /HOST nowhere .* give 127\.0\.0\.1/],
    [failure('SQLITE_NOTADB'), /it failed\. See .*DATABASE_URL .*\/d\/baton\.db/],
    [failure('store_in_use'), /^it failed$/],
    [new TypeError('a bug'), /TypeError: a bug\n +at /],
    ['words', /^words$/],
  ])('says of %s what to do', (error, expected) => {
    expect(startProblem(error, config)).toMatch(expected);
  });
});
