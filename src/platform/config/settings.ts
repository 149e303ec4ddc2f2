import { parseDatabaseUrl, type DatabaseLocation } from './database-url.js';
import { choice, integer, optionalText, reserved, secret, text } from './setting.js';
import type { Setting } from './setting.js';

const MIB = 1024 * 1024;
const service = 'Service';
const storage = 'Storage';
const access = 'Access';
const running = 'Running jobs';
const limits = 'Limits';
const later = 'Known, and of no effect in this build';

const database: Setting<DatabaseLocation | undefined> = {
  name: 'DATABASE_URL',
  group: storage,
  description:
    'The store. `file:` and a path for the embedded one, which one process drives; `mongodb://` or `mongodb+srv://` for a MongoDB that any number of instances share. Left out: `baton.db` in DATA_DIR.',
  parse: (value) => (value === undefined ? undefined : parseDatabaseUrl(value)),
};

/** Every setting there is, in the order `.env.example` lists them. */
export const SETTINGS = {
  environment: choice('NODE_ENV', ['development', 'test', 'production'], {
    group: service,
    description: 'In production nothing insecure is made up: JWT_SECRET_KEY must be given.',
    default: 'development',
  }),
  host: text('HOST', {
    group: service,
    description: 'The address to listen on. 0.0.0.0 for all, as in a container.',
    default: '127.0.0.1',
    pattern: /^[A-Za-z0-9.:_-]{1,253}$/,
    expected: 'a host name or an IP address',
  }),
  port: integer('PORT', {
    group: service,
    description: 'The port to listen on; 0 takes any free one.',
    default: 3000,
    min: 0,
    max: 65_535,
  }),
  logLevel: choice('LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], {
    group: service,
    description: 'The least that is logged.',
    default: 'info',
  }),
  shutdownGrace: integer('SHUTDOWN_GRACE', {
    group: service,
    description:
      'How long running nodes may go on after SIGTERM; what is left is taken up at the next start.',
    unit: 's',
    default: 30,
    min: 0,
    max: 3600,
  }),
  dataDir: text('DATA_DIR', {
    group: storage,
    description:
      'The folder for the embedded store, the working folders and logs of attempts, and keys. Each instance has one of its own.',
    default: './data',
    pattern: /^[^\0]+$/,
    expected: 'a path',
  }),
  artifactsDir: optionalText('ARTIFACTS_DIR', {
    group: storage,
    description:
      'Where the logs and outputs of attempts are kept. Instances on several machines share one, say over NFS, so that each can show what another ran. Left out: `artifacts` in DATA_DIR.',
    pattern: /^[^\0]+$/,
    expected: 'a path',
  }),
  database,
  databaseTimeout: integer('DATABASE_TIMEOUT', {
    group: storage,
    description:
      'How long a call to MongoDB may take; then it counts as away, and what it was for is tried again or answered 503.',
    unit: 's',
    default: 5,
    min: 1,
    max: 60,
  }),
  databasePool: integer('DATABASE_POOL', {
    group: storage,
    description: 'Connections to MongoDB, at most.',
    default: 20,
    min: 1,
    max: 1000,
  }),
  leaseDuration: integer('LEASE_DURATION', {
    group: storage,
    description:
      'With MongoDB: how long an instance may give no sign of life before the others take its jobs. The same for all instances.',
    unit: 's',
    default: 15,
    min: 1,
    max: 3600,
  }),
  retentionDays: integer('RETENTION_DAYS', {
    group: storage,
    description: 'How long finished jobs are kept, with their logs. 0 keeps them for ever.',
    unit: 'days',
    default: 0,
    min: 0,
    max: 36_500,
  }),
  deadLetterDays: integer('DEAD_LETTER_DAYS', {
    group: storage,
    description:
      'How long dead letters are kept, which are the nodes that used up their attempts. 0 keeps them for ever.',
    unit: 'days',
    default: 30,
    min: 0,
    max: 36_500,
  }),
  jwtSecret: secret('JWT_SECRET_KEY', {
    group: access,
    description:
      'The secret that signs tokens (HS256), at least 32 bytes. Outside production one is made and kept in DATA_DIR when this is left out. Make one with: openssl rand -base64 48',
  }),
  tenantId: text('TENANT_ID', {
    group: access,
    description: 'The tenant of tokens that name none.',
    default: 'default',
    pattern: /^[a-z0-9][a-z0-9_-]{0,62}$/,
    expected: 'up to 63 of a-z, 0-9, - and _, the first a letter or digit',
  }),
  accessTokenTtl: integer('ACCESS_TOKEN_TTL', {
    group: access,
    description: 'How long an access token is good for.',
    unit: 's',
    default: 900,
    min: 1,
    max: 31_536_000,
  }),
  refreshTokenTtl: integer('REFRESH_TOKEN_TTL', {
    group: access,
    description: 'How long a refresh token is good for; each works once.',
    unit: 's',
    default: 604_800,
    min: 1,
    max: 31_536_000,
  }),
  submitPerMinute: integer('SUBMIT_PER_MINUTE', {
    group: access,
    description: 'Jobs one user may submit in a minute.',
    default: 100,
    min: 1,
    max: 10_000_000,
  }),
  maxConcurrentNodes: integer('MAX_CONCURRENT_NODES', {
    group: running,
    description: 'Nodes of one job that run at once, where the job does not say.',
    default: 10,
    min: 1,
    max: 10_000,
  }),
  maxRunningNodes: integer('MAX_RUNNING_NODES', {
    group: running,
    description: 'Nodes of all jobs that run at once in this process.',
    default: 100,
    min: 1,
    max: 100_000,
  }),
  maxRunningJobs: integer('MAX_RUNNING_JOBS', {
    group: running,
    description: 'Jobs that run at once; the others are queued by priority and age.',
    default: 200,
    min: 1,
    max: 1_000_000,
  }),
  defaultRetryAttempts: integer('DEFAULT_RETRY_ATTEMPTS', {
    group: running,
    description: 'Attempts of a node in all, where its retry policy does not say.',
    default: 3,
    min: 1,
    max: 100,
  }),
  maxRetryDelay: integer('MAX_RETRY_DELAY', {
    group: running,
    description: 'The longest wait before a retry.',
    unit: 's',
    default: 300,
    min: 0,
    max: 86_400,
  }),
  jobTimeout: integer('JOB_TIMEOUT', {
    group: running,
    description: 'How long a job may run, where it does not say.',
    unit: 's',
    default: 3600,
    min: 1,
    max: 31_536_000,
  }),
  killGrace: integer('KILL_GRACE', {
    group: running,
    description: 'How long a process has between SIGTERM and SIGKILL.',
    unit: 's',
    default: 5,
    min: 0,
    max: 600,
  }),
  maxNodesPerJob: integer('MAX_NODES_PER_JOB', {
    group: limits,
    description: 'Nodes that one job may have.',
    default: 100_000,
    min: 1,
    max: 1_000_000,
  }),
  maxBodyBytes: integer('MAX_BODY_BYTES', {
    group: limits,
    description: 'The largest request body.',
    unit: 'bytes',
    default: 16 * MIB,
    min: 1024,
    max: 256 * MIB,
  }),
  maxLogBytes: integer('MAX_LOG_BYTES', {
    group: limits,
    description: 'What is kept of the output of one attempt.',
    unit: 'bytes',
    default: 10 * MIB,
    min: 1024,
    max: 1024 * MIB,
  }),
  engineRole: reserved('ENGINE_ROLE', {
    group: later,
    description: 'What this process does. This build does everything in one process.',
    default: 'all',
    instead: 'one process does everything; leave it out or give all',
  }),
  redisUrl: reserved('REDIS_URL', {
    group: later,
    description: 'Redis for task queues. This build keeps tasks in the store.',
    instead: 'tasks are kept in the store; leave it out',
  }),
  natsUrl: reserved('NATS_URL', {
    group: later,
    description: 'NATS for event streams. This build keeps events in the store.',
    instead: 'events are kept in the store; leave it out',
  }),
  engineNamespace: reserved('ENGINE_NAMESPACE', {
    group: later,
    description: 'The prefix of queue names.',
    default: 'swarm1',
    instead: 'there are no queues to name; leave it out',
  }),
  engineConcurrency: reserved('ENGINE_CONCURRENCY', {
    group: later,
    description: 'Tasks that one worker runs at once.',
    default: '3',
    instead: 'there are no workers yet; leave it out and use MAX_RUNNING_NODES',
  }),
  backupBucket: reserved('BACKUP_S3_BUCKET', {
    group: later,
    description: 'Where backups go.',
    instead: 'backups are not made; leave it out and copy DATA_DIR while the service is stopped',
  }),
  safetyAllowProd: reserved('SAFETY_ALLOW_PROD', {
    group: later,
    description: 'Lets effects reach production systems.',
    default: 'false',
    instead: 'there are no guarded effects yet; leave it out or give false',
  }),
} as const;
