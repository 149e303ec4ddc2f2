import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.js';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';
const SECRET = 'the-secret-that-signs-every-token';

function capture(write: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = [];
  write(
    createLogger({
      level: 'debug',
      secrets: [SECRET],
      destination: { write: (line: string) => void lines.push(line) },
    }),
  );
  return lines;
}

describe('createLogger', () => {
  it('writes one JSON object a line', () => {
    const [line] = capture((logger) =>
      logger.info({ tenant_id: 'acme', job_id: 'job_1', node_id: 'n' }, 'started'),
    );
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 'info',
      service: 'baton',
      tenant_id: 'acme',
      job_id: 'job_1',
      node_id: 'n',
      msg: 'started',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it.each<[string, object, string]>([
    ['an authorization header', { headers: { authorization: `Bearer ${TOKEN}` } }, 'x'],
    ['one under another name', { req: { x: { deep: { auth: `Bearer ${TOKEN}` } } } }, 'x'],
    ['an opaque bearer token', { note: 'Bearer c2VjcmV0LW9wYXF1ZS10b2tlbg==' }, 'x'],
    ['a cookie', { headers: { cookie: 'session=c2VjcmV0LW9wYXF1ZS10b2tlbg==' } }, 'x'],
    ['a token in a URL', { url: `/jobs?access_token=${TOKEN}` }, 'x'],
    ['a token in a message', {}, `jwt malformed: ${TOKEN}`],
    ['a token in an error', { err: new Error(`bad header "${TOKEN}"`) }, 'x'],
    ['a field called token', { token: 'c2VjcmV0LW9wYXF1ZS10b2tlbg==' }, 'x'],
    ['the secret', { config: { nested: SECRET } }, `secret ${SECRET}`],
    ['an unfinished token', { text: TOKEN.slice(0, -20) }, 'x'],
  ])('hides %s', (_, fields, message) => {
    const lines = capture((logger) => logger.warn(fields, message)).join('');
    expect(lines).toContain('[hidden]');
    expect(lines).not.toContain('eyJzdWIi');
    expect(lines).not.toContain('c2VjcmV0');
    expect(lines).not.toContain(SECRET);
    expect(() => void JSON.parse(lines)).not.toThrow();
  });
});
