import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InvalidConfiguration, readConfig } from './config.js';
import { databaseName } from './database-url.js';
import { envExample } from './env-example.js';
import { jwtSecret } from './jwt-secret.js';

const strong = 'pQ8v1Z-3kT6yXo0mWc9rBnL5dJf2hSgA7uEi4qRt';

function problems(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof InvalidConfiguration) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('has the documented defaults', () => {
    expect(readConfig({})).toMatchObject({
      environment: 'development',
      port: 3000,
      maxConcurrentNodes: 10,
      defaultRetryAttempts: 3,
      maxRetryDelay: 300,
      jobTimeout: 3600,
      tenantId: 'default',
      maxBodyBytes: 16 * 1024 * 1024,
      submitPerMinute: 100,
      accessTokenTtl: 900,
      maxNodesPerJob: 100_000,
      dataDir: path.resolve('data'),
      database: { kind: 'sqlite', path: path.resolve('data', 'baton.db') },
      artifactsDir: path.resolve('data', 'artifacts'),
    });
  });

  it('takes an empty variable as left out', () => {
    expect(readConfig({ PORT: '' }).port).toBe(3000);
  });

  it.each([
    ['file:./x/y.db', path.resolve('x/y.db')],
    ['file:/var/lib/baton.db', '/var/lib/baton.db'],
    ['file:///var/lib/baton.db', '/var/lib/baton.db'],
  ])('reads DATABASE_URL=%s', (url, expected) => {
    expect(readConfig({ DATABASE_URL: url }).database).toEqual({ kind: 'sqlite', path: expected });
  });

  it.each([
    ['mongodb://db/jobs', 'mongodb://db/jobs', 'mongodb://db/jobs'],
    ['mongodb://db:27017', 'mongodb://db:27017/baton', 'mongodb://db:27017/baton'],
    [
      'mongodb://u:p%40ss@a:1,b:2/?replicaSet=rs0',
      'mongodb://u:p%40ss@a:1,b:2/baton?replicaSet=rs0',
      'mongodb://a:1,b:2/baton',
    ],
    [
      'mongodb+srv://u:p@cluster.example.net/x?w=1',
      'mongodb+srv://u:p@cluster.example.net/x?w=1',
      'mongodb+srv://cluster.example.net/x',
    ],
  ])('reads DATABASE_URL=%s and shows no password of it', (given, url, shown) => {
    const { database } = readConfig({ DATABASE_URL: given });
    expect(database).toEqual({ kind: 'mongodb', url });
    expect(databaseName(database)).toBe(shown);
  });

  it.each([
    'mongodb://',
    'mongodb:db/x',
    'mongodb://u:hush@@/x y',
    'postgres://u:hush@db',
    'file:',
  ])('refuses DATABASE_URL=%s, and repeats nothing of it', (url) => {
    const found = problems({ DATABASE_URL: url });
    expect(found).toEqual([expect.stringMatching(/^DATABASE_URL .*mongodb:\/\//)]);
    expect(found.join()).not.toContain('hush');
  });

  it('lists every problem at once', () => {
    const found = problems({
      PORT: '70000',
      MAX_CONCURRENT_NODES: 'ten',
      JOB_TIMEOUT: '1e9',
      LOG_LEVEL: 'loud',
      TENANT_ID: 'No Spaces',
      DATABASE_URL: 'postgres://db/baton',
    });
    expect(found).toHaveLength(6);
    expect(found.join('\n')).toContain('PORT is "70000"; give a whole number from 0 to 65535.');
    expect(found.join('\n')).toContain('DATABASE_URL must be file: and a path');
  });

  it.each([
    ['ENGINE_ROLE', 'worker'],
    ['REDIS_URL', 'redis://localhost'],
    ['NATS_URL', 'nats://localhost'],
    ['ENGINE_NAMESPACE', 'other'],
    ['ENGINE_CONCURRENCY', '5'],
    ['BACKUP_S3_BUCKET', 'bucket'],
    ['SAFETY_ALLOW_PROD', 'true'],
  ])('refuses %s=%s, which would do nothing', (name, value) => {
    expect(problems({ [name]: value })).toEqual([expect.stringContaining('has no effect')]);
  });

  it('takes the defaults of settings that do nothing', () => {
    const environment = { ENGINE_ROLE: 'all', ENGINE_NAMESPACE: 'swarm1', ENGINE_CONCURRENCY: '3' };
    expect(problems({ ...environment, SAFETY_ALLOW_PROD: 'false' })).toEqual([]);
  });

  it.each([
    ['missing', undefined],
    ['short', 'tooSmall-1'],
    ['a placeholder', 'change-me-change-me-change-me-change-me'],
    ['of one letter', 'a'.repeat(64)],
  ])('refuses to start in production with a secret that is %s', (_, secret) => {
    const environment = { NODE_ENV: 'production', ...(secret && { JWT_SECRET_KEY: secret }) };
    const found = problems(environment);
    expect(found).toEqual([expect.stringContaining('JWT_SECRET_KEY')]);
    if (secret !== undefined) expect(found.join()).not.toContain(secret);
  });

  it('starts in production with a strong secret', () => {
    expect(readConfig({ NODE_ENV: 'production', JWT_SECRET_KEY: strong }).jwtSecret).toBe(strong);
  });
});

describe('jwtSecret', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'baton-config-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('prefers the configured one', () => {
    expect(jwtSecret({ jwtSecret: strong, dataDir })).toBe(strong);
  });

  it('makes one, once, that only its owner can read', () => {
    const made = jwtSecret({ jwtSecret: undefined, dataDir });
    expect(made.length).toBeGreaterThanOrEqual(64);
    expect(jwtSecret({ jwtSecret: undefined, dataDir })).toBe(made);
    expect(statSync(path.join(dataDir, 'jwt-secret')).mode & 0o777).toBe(0o600);
  });

  it('says what to do about an empty file', () => {
    writeFileSync(path.join(dataDir, 'jwt-secret'), '');
    expect(() => jwtSecret({ jwtSecret: undefined, dataDir })).toThrow(/Delete it/);
  });
});

describe('.env.example', () => {
  it('is what the settings say', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
  });

  it('is itself a good configuration', () => {
    const lines = envExample().split('\n');
    const assigned = lines.flatMap((line) => {
      const [, name, value] = /^#([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value ?? ''] as const];
    });
    expect(assigned.length).toBeGreaterThan(20);
    expect(problems(Object.fromEntries(assigned))).toEqual([]);
  });
});
