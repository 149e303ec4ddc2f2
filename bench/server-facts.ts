import mongoose from 'mongoose';
import type { MongoServer } from '../test/support/mongo/mongo-server.js';

export interface ServerFacts {
  /** What it is and how durable, for people. */
  readonly about: string;
  /** It keeps everything in memory: its figures say nothing about a disk. */
  readonly inMemory: boolean;
}

interface BuildInfo {
  readonly version: string;
  readonly ferretdb?: { readonly version?: string };
}

interface ServerStatus {
  /** What the process calls itself; mongo-java-server says `java`. */
  readonly process?: string;
  readonly storageEngine?: { readonly name: string; readonly persistent?: boolean };
  readonly repl?: { readonly setName?: string; readonly hosts?: readonly string[] };
}

/** Asks a server what it is. */
export async function describeServer(server: MongoServer): Promise<ServerFacts> {
  const connection = await mongoose.createConnection(server.freshDatabase()).asPromise();
  try {
    const admin = connection.getClient().db('admin');
    const build = (await admin.command({ buildInfo: 1 })) as unknown as BuildInfo;
    const status = (await admin
      .command({ serverStatus: 1 })
      .catch(() => ({}))) as unknown as ServerStatus;
    return factsOf(build, status);
  } finally {
    await connection.close();
  }
}

function factsOf(
  { version, ferretdb }: BuildInfo,
  { process: name, storageEngine, repl }: ServerStatus,
): ServerFacts {
  if (name === 'java') {
    return {
      about: `mongo-java-server in memory (speaks MongoDB ${version}): nothing is written to a disk`,
      inMemory: true,
    };
  }
  if (ferretdb !== undefined) {
    return {
      about: `FerretDB ${ferretdb.version ?? ''} (speaks MongoDB ${version}), durable as its backend is`,
      inMemory: false,
    };
  }
  const members = repl?.hosts?.length ?? 1;
  const shape = repl?.setName === undefined ? 'standalone' : `replica set of ${members}`;
  const engine = storageEngine?.name ?? 'unknown storage engine';
  const inMemory = storageEngine?.persistent === false;
  return {
    about:
      `mongod ${version}, ${engine}, ${shape}, ` +
      (inMemory ? 'in memory: nothing is written to a disk' : 'commits with w: majority, j: true'),
    inMemory,
  };
}
