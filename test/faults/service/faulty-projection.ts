import type BetterSqlite3 from 'better-sqlite3';
import { Connection as MongoConnection } from '../../../src/adapters/storage/mongo/mongo-connection.js';
import { Connection as SqliteConnection } from '../../../src/adapters/storage/sqlite/connection.js';
import type { CrashPoint } from './crash-point.js';

/** In MongoDB: the nodes of a round are written, its jobs are not. */
export function faultyMongoProjection(point: CrashPoint): void {
  const open = MongoConnection.open.bind(MongoConnection);
  MongoConnection.open = async (options) => {
    const connection = await open(options);
    const { jobs } = connection;
    const write = jobs.bulkWrite.bind(jobs);
    jobs.bulkWrite = (operations, settings) => {
      point.at('during-projection');
      return write(operations, settings);
    };
    return connection;
  };
}

const APPEND = 'INSERT INTO journal ';

/** In SQLite: a record is in the journal, what follows from it is not, and the transaction is open. */
export function faultySqliteProjection(point: CrashPoint): void {
  // It is called with its connection below.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const { prepare } = SqliteConnection.prototype;
  SqliteConnection.prototype.prepare = function <Parameters extends unknown[], Row>(
    this: SqliteConnection,
    sql: string,
  ): BetterSqlite3.Statement<Parameters, Row> {
    const statement = prepare.call(this, sql) as BetterSqlite3.Statement<Parameters, Row>;
    if (!sql.startsWith(APPEND)) return statement;
    const run = statement.run.bind(statement);
    statement.run = (...parameters) => {
      const result = run(...parameters);
      point.at('during-projection');
      return result;
    };
    return statement;
  };
}
