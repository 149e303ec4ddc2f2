import type { Database } from 'better-sqlite3';

/** A database file written by a newer Baton than this one. */
export class SchemaTooNew extends Error {
  readonly code = 'schema_too_new';
  constructor(found: number, known: number) {
    super(
      `The database has schema version ${found}, and this Baton knows versions up to ${known}. ` +
        'Start the Baton that wrote it, or a newer one; the file was left as it is.',
    );
    this.name = 'SchemaTooNew';
  }
}

/**
 * One entry a schema version, applied in order and never edited once released.
 *
 * - `scope` numbers the tenants, and the owners within them, so that no big index repeats their names.
 * - `job.seq` counts jobs in order of creation; no number is ever given twice. Rows of `job` are never
 *   changed, what changes about a job is read from the last of its `journal` records.
 * - `journal` is appended in order of arrival, which keeps the pages a batch writes few; its index
 *   finds the records of a job. `body` is `[events, intents, node projections]`.
 * - `node_state` holds node projections of long jobs up to the version in `fold`; later ones are read
 *   from the records after it. `place` is `job.seq * 2^20 + node index`.
 * - `facet`, `posting` and `time_bounds` are the bitmap index of lists, see `job-index.ts`.
 * - `discarded_job` has the numbers and ids of jobs that retention has taken out, which keep late
 *   commits off; `due` is when something can be erased of them.
 * - `template` names the latest of the `template_revision` rows, which are never changed.
 * - `dead_letter` rows are written with the record they follow from; `scope` columns number the tenant
 *   and the owner. Its indexes have what lists are narrowed by, and rows are read only for what is shown.
 * - `node_duration` is what nodes took in earlier runs, which predictions are made from.
 * - `cached_result` rows may be deleted at any time: what they hold is made anew.
 * - `schedule.wake_at` is null where nothing is ever due.
 * - `arrival` has a row while another store is being copied into this one.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE scope (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE job (
    seq INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    parts INTEGER,
    header TEXT NOT NULL,
    definition TEXT
  );
  CREATE UNIQUE INDEX job_by_id ON job (tenant, job_id);
  CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    version INTEGER NOT NULL,
    at INTEGER NOT NULL,
    commit_id TEXT NOT NULL,
    progress TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX journal_of_job ON journal (job, version);
  CREATE TABLE fold (job INTEGER PRIMARY KEY, version INTEGER NOT NULL);
  CREATE TABLE node_state (
    place INTEGER PRIMARY KEY,
    status TEXT NOT NULL,
    state TEXT NOT NULL,
    output TEXT
  );
  CREATE INDEX node_state_by_status ON node_state (status, place) WHERE status <> 'completed';
  CREATE TABLE staging (
    parts INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    UNIQUE (tenant, job_id)
  );
  CREATE TABLE definition_part (
    parts INTEGER NOT NULL,
    first INTEGER NOT NULL,
    nodes TEXT NOT NULL
  );
  CREATE UNIQUE INDEX definition_part_by_place ON definition_part (parts, first);
  CREATE TABLE claim (
    scope INTEGER NOT NULL,
    key TEXT NOT NULL,
    job INTEGER NOT NULL,
    body_hash TEXT NOT NULL,
    PRIMARY KEY (scope, key)
  ) WITHOUT ROWID;
  CREATE TABLE facet (
    id INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    name TEXT NOT NULL,
    total INTEGER NOT NULL DEFAULT 0
  );
  CREATE UNIQUE INDEX facet_by_name ON facet (scope, name);
  CREATE TABLE posting (place INTEGER PRIMARY KEY, bits BLOB NOT NULL);
  CREATE TABLE time_bounds (block INTEGER PRIMARY KEY, bounds BLOB NOT NULL);
  CREATE TABLE test_case (
    tenant INTEGER NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
  ) WITHOUT ROWID;
  CREATE TABLE redeemed_token (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX redeemed_token_by_expiry ON redeemed_token (expires_at);
  CREATE TABLE write_probe (id INTEGER PRIMARY KEY, at INTEGER NOT NULL);
  `,
  `
  CREATE INDEX claim_by_job ON claim (job);
  CREATE TABLE arrival (id INTEGER PRIMARY KEY);
  `,
  `
  CREATE TABLE discarded_job (
    job INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    parts INTEGER,
    due INTEGER NOT NULL,
    erased INTEGER NOT NULL DEFAULT 0
  );
  CREATE UNIQUE INDEX discarded_job_by_id ON discarded_job (tenant, job_id);
  CREATE INDEX discarded_job_by_due ON discarded_job (due, job);
  `,
  `
  CREATE TABLE template (
    tenant INTEGER NOT NULL,
    name TEXT NOT NULL,
    latest INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
  ) WITHOUT ROWID;
  CREATE INDEX template_by_state ON template (tenant, archived, name);
  CREATE TABLE template_revision (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    info TEXT NOT NULL,
    content TEXT NOT NULL
  );
  CREATE UNIQUE INDEX template_revision_by_number ON template_revision (tenant, name, revision);
  `,
  `
  CREATE TABLE dead_letter (
    place INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    at INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    type TEXT NOT NULL,
    class TEXT NOT NULL,
    requeue TEXT,
    requeued_as TEXT,
    info TEXT NOT NULL,
    config TEXT
  );
  CREATE UNIQUE INDEX dead_letter_by_id ON dead_letter (id);
  CREATE INDEX dead_letter_of_tenant ON dead_letter (tenant, at, id, type, class, requeued_as);
  CREATE INDEX dead_letter_of_owner ON dead_letter (owner, at, id, type, class, requeued_as);
  CREATE INDEX dead_letter_of_job ON dead_letter (tenant, job_id, at, id);
  CREATE INDEX dead_letter_by_age ON dead_letter (at);
  `,
  `
  CREATE TABLE node_duration (
    tenant INTEGER NOT NULL,
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    used_at INTEGER NOT NULL,
    samples TEXT NOT NULL,
    PRIMARY KEY (tenant, scope, name)
  ) WITHOUT ROWID;
  CREATE INDEX node_duration_by_use ON node_duration (tenant, used_at);
  `,
  `
  CREATE TABLE cached_result (
    place INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    key TEXT,
    job_id TEXT NOT NULL,
    node_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    output TEXT
  );
  CREATE UNIQUE INDEX cached_result_by_hash ON cached_result (hash);
  CREATE INDEX cached_result_by_key ON cached_result (tenant, key);
  CREATE INDEX cached_result_by_expiry ON cached_result (expires_at);
  `,
  `
  CREATE TABLE schedule (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    schedule_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    wake_at INTEGER,
    body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX schedule_by_name ON schedule (tenant, owner, name);
  CREATE INDEX schedule_by_time ON schedule (wake_at) WHERE wake_at IS NOT NULL;
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** The schema version of a database; 0 when Baton has never written to it. */
export function schemaVersion(db: Database): number {
  const table = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").get();
  if (table === undefined) return 0;
  return (
    db.prepare<[], { version: number }>('SELECT version FROM schema_version').get()?.version ?? 0
  );
}

/** Whether another store is being copied into this one. */
export function isArriving(db: Database): boolean {
  return db.prepare('SELECT 1 FROM arrival WHERE id = 1').get() !== undefined;
}

/**
 * Brings a database to this Baton's schema, one transaction a version.
 * Throws {@link SchemaTooNew} and changes nothing when it is of a later one.
 */
export function migrate(db: Database): void {
  const found = schemaVersion(db);
  if (found > SCHEMA_VERSION) throw new SchemaTooNew(found, SCHEMA_VERSION);
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < found) continue;
    db.transaction(() => {
      db.exec('CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)');
      db.exec(sql);
      db.exec('DELETE FROM schema_version');
      db.prepare('INSERT INTO schema_version (version) VALUES (?)').run(index + 1);
    }).immediate();
  }
}
