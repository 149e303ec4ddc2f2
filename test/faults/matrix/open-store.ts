import { openMongoStore } from '../../../src/adapters/storage/mongo/index.js';
import { Connection } from '../../../src/adapters/storage/mongo/mongo-connection.js';
import { openSqliteStore } from '../../../src/adapters/storage/sqlite/index.js';
import type { JobJournal } from '../../../src/ports/job-journal.js';
import type { JobProjections } from '../../../src/ports/job-projections.js';
import { waitUntil } from '../../support/wait-until.js';

export interface ReadStore {
  readonly journal: JobJournal;
  readonly projections: JobProjections;
  close(): Promise<void>;
}

export interface StorePlace {
  /** Of SQLite. */
  readonly databaseFile: string;
  /** Of MongoDB, which it is when there is one. */
  readonly databaseUrl: string | undefined;
}

/** What the services wrote, read past them once they have ended. */
export async function openForReading(place: StorePlace): Promise<ReadStore> {
  const { databaseFile, databaseUrl: url } = place;
  if (url !== undefined) return openMongoStore({ url, mustExist: true });
  const store = openSqliteStore({ path: databaseFile, readOnly: true });
  return {
    ...store,
    close: () => {
      store.close();
      return Promise.resolve();
    },
  };
}

const SHOWN_LIMIT_MS = 20_000;

/** Resolves when the running services have shown all that they committed. */
export async function everythingShown({ databaseUrl: url }: StorePlace): Promise<void> {
  if (url === undefined) return;
  const connection = await Connection.open({ url, mustExist: true });
  try {
    await waitUntil(
      async () => (await connection.commits.countDocuments({ pending: true })) === 0,
      SHOWN_LIMIT_MS,
      50,
    );
  } finally {
    await connection.close();
  }
}

/** Leaves nothing of it on the server. */
export async function dropDatabase(url: string): Promise<void> {
  const connection = await Connection.open({ url });
  await connection.mongoose.dropDatabase().finally(() => connection.close());
}
