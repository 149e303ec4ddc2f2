import { describe, expect, it } from '@jest/globals';
import { commandEnvironment } from './command-environment.js';

const attempt = {
  tenantId: 'acme',
  jobId: 'j',
  nodeId: 'n',
  attempt: 1,
  attemptId: 'j/n/1',
  correlationId: 'c',
};

describe('the environment of a command', () => {
  const service = { PATH: '/bin', HOME: '/home/ci', DATABASE_URL: 'secret', HTTP_PROXY: 'p:1' };

  it('holds nothing of the service but what programs need and what is listed', () => {
    const source = { service, platform: 'linux' as const, inherit: ['HTTP_PROXY'] };
    expect(commandEnvironment(source, attempt, '/out.json', { HOME: '/mine', X: '1' })).toEqual({
      PATH: '/bin',
      HOME: '/mine',
      HTTP_PROXY: 'p:1',
      X: '1',
      BATON_TENANT_ID: 'acme',
      BATON_JOB_ID: 'j',
      BATON_NODE_ID: 'n',
      BATON_ATTEMPT: '1',
      BATON_ATTEMPT_ID: 'j/n/1',
      BATON_CORRELATION_ID: 'c',
      BATON_OUTPUT: '/out.json',
    });
  });

  it('has each variable once on Windows, where case does not count', () => {
    const source = {
      service: { PATH: 'C:\\', SystemRoot: 'C:\\Windows', JWT_SECRET_KEY: 'x' },
      platform: 'win32' as const,
      inherit: [],
    };
    const environment = commandEnvironment(source, attempt, 'o', {
      Path: 'D:\\',
      baton_output: 'x',
    });
    expect(environment).toMatchObject({
      Path: 'D:\\',
      SystemRoot: 'C:\\Windows',
      BATON_OUTPUT: 'o',
    });
    expect(Object.keys(environment).filter((name) => /^(path|baton_output)$/i.test(name))).toEqual([
      'Path',
      'BATON_OUTPUT',
    ]);
  });

  it('may have variables of any name', () => {
    const source = { service: {}, platform: 'linux' as const, inherit: [] };
    const added = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
    const environment = commandEnvironment(source, attempt, 'o', added);
    expect(Object.entries(environment)).toEqual(expect.arrayContaining(Object.entries(added)));
  });
});
