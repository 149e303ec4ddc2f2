import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import mongoose from 'mongoose';
import { openMongoStore, type MongoStore } from '../src/adapters/storage/mongo/index.js';
import { openSqliteStore } from '../src/adapters/storage/sqlite/index.js';
import type { Cluster } from '../src/ports/cluster.js';
import type { DurationHistory } from '../src/ports/duration-history.js';
import type { JobJournal } from '../src/ports/job-journal.js';
import type { JobProjections } from '../src/ports/job-projections.js';
import type { MongoServer } from '../test/support/mongo/mongo-server.js';
import { describeServer, type ServerFacts } from './server-facts.js';

export type StoreKind = 'sqlite' | 'mongodb';

/** The ports that an engine drives jobs on. */
export interface OpenStore {
  readonly journal: JobJournal;
  readonly projections: JobProjections;
  readonly durations: DurationHistory;
  /** Present where instances may share the store. */
  readonly cluster?: Cluster;
  /** Resolves when lists and status reads show everything that was committed. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Where one store is: opened, closed and opened again by what measures it. */
export interface StorePlace {
  /** As in DATABASE_URL. */
  readonly url: string;
  open(): Promise<OpenStore>;
  /** Deletes the store, which is closed. */
  remove(): Promise<void>;
}

/** A kind of store that workloads run on. */
export interface StoreSource {
  readonly kind: StoreKind;
  readonly title: string;
  /** What it is and how durable, for people. */
  readonly about: string;
  /** An empty store of its own. */
  fresh(): StorePlace;
}

export interface MongoSource extends StoreSource {
  readonly facts: ServerFacts;
}

/** SQLite files in folders under `root`. */
export function sqliteSource(root: string): StoreSource {
  return {
    kind: 'sqlite',
    title: 'SQLite',
    about: 'WAL, synchronous=FULL',
    fresh: () => {
      const folder = mkdtempSync(path.join(root, 'store-'));
      const file = path.join(folder, 'baton.db');
      return {
        url: `file:${file}`,
        open: () => Promise.resolve(openSqlite(file)),
        remove: () => {
          rmSync(folder, { recursive: true });
          return Promise.resolve();
        },
      };
    },
  };
}

function openSqlite(file: string): OpenStore {
  const store = openSqliteStore({ path: file });
  return {
    journal: store.journal,
    projections: store.projections,
    durations: store.durations,
    settled: () => Promise.resolve(),
    close: () => {
      store.close();
      return Promise.resolve();
    },
  };
}

/** Databases on a server, each under a name that nobody has used before. */
export async function mongoSource(server: MongoServer): Promise<MongoSource> {
  const facts = await describeServer(server);
  return {
    kind: 'mongodb',
    title: 'MongoDB',
    about: facts.about,
    facts,
    fresh: () => {
      const url = server.freshDatabase();
      return {
        url,
        open: async () => portsOf(await openMongoStore({ url })),
        remove: () => dropDatabase(url),
      };
    },
  };
}

export function portsOf(store: MongoStore): OpenStore {
  const { journal, projections, durations, cluster } = store;
  return {
    journal,
    projections,
    durations,
    cluster,
    settled: () => store.settled(),
    close: () => store.close(),
  };
}

async function dropDatabase(url: string): Promise<void> {
  const connection = await mongoose.createConnection(url).asPromise();
  try {
    await connection.dropDatabase();
  } finally {
    await connection.close();
  }
}
