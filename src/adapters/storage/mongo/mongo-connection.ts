import mongoose, { type Connection as Mongoose, type mongo, type Schema } from 'mongoose';
import { StoreIncomplete, StoreMissing, StoreUnavailable } from '../../../ports/store-errors.js';
import { ClosingConnection } from './closing-connection.js';
import { asStoreError, isDuplicate } from './mongo-errors.js';
import { BatonInstance, BatonInstanceSchema } from './schemas/baton-instance.schema.js';
import { DiscardedJob, DiscardedJobSchema } from './schemas/discarded-job.schema.js';
import type { Fields } from './schemas/fields.js';
import { CommitPart, CommitPartSchema } from './schemas/commit-part.schema.js';
import { HeldKey, HeldKeySchema } from './schemas/held-key.schema.js';
import { JobCommit, JobCommitSchema } from './schemas/job-commit.schema.js';
import { JobMessage, JobMessageSchema } from './schemas/job-message.schema.js';
import { JobNode, JobNodeSchema } from './schemas/job-node.schema.js';
import { NodeDuration, NodeDurationSchema } from './schemas/node-duration.schema.js';
import { OrchestrationJob, OrchestrationJobSchema } from './schemas/orchestration-job.schema.js';
import { RedeemedToken, RedeemedTokenSchema } from './schemas/redeemed-token.schema.js';
import { StagedJob, StagedJobSchema } from './schemas/staged-job.schema.js';
import { StoredDeadLetter, StoredDeadLetterSchema } from './schemas/stored-dead-letter.schema.js';
import { StoredResult, StoredResultSchema } from './schemas/stored-result.schema.js';
import { StoredSchedule, StoredScheduleSchema } from './schemas/stored-schedule.schema.js';
import { StoreInfo, StoreInfoSchema } from './schemas/store-info.schema.js';
import { StoredTemplate, StoredTemplateSchema } from './schemas/stored-template.schema.js';
import { StoredTestCase, StoredTestCaseSchema } from './schemas/stored-test-case.schema.js';
import {
  StoredTemplateRevision,
  StoredTemplateRevisionSchema,
} from './schemas/template-revision.schema.js';
import { applyValidators, fingerprintOf } from './validators.js';

export interface ConnectionOptions {
  /** `mongodb://…` or `mongodb+srv://…`, with the name of the database. */
  readonly url: string;
  /** How long a call of a port may take, in ms; then it rejects with `StoreUnavailable`. */
  readonly timeout?: number;
  /** Connections to each server, at most. */
  readonly poolSize?: number;
  /** Makes the driver report its commands, for tests and tools that count them. */
  readonly monitorCommands?: boolean;
  /** Rejects with `StoreMissing` where there is no store yet, instead of making one. */
  readonly mustExist?: boolean;
  /** Told why the server does not validate documents, where it does not. */
  readonly onNoValidators?: (why: unknown) => void;
  /** Opens it also while another store is copied into it; else that rejects with `StoreIncomplete`. */
  readonly arriving?: boolean;
}

/** The database was written by a newer Baton. */
export class SchemaTooNew extends Error {
  readonly code = 'schema_too_new';
  constructor(found: number) {
    super(
      `The database has schema version ${found} and this Baton knows ${SCHEMA_VERSION}. ` +
        'Start a newer Baton, or name another database in DATABASE_URL.',
    );
    this.name = 'SchemaTooNew';
  }
}

const SCHEMA_VERSION = 1;
/** The document of `store_info`. */
export const SCHEMA_ID = 'schema';
const DEFAULT_TIMEOUT = 5_000;
const DEFAULT_POOL = 20;

/** What the journal promises rests on this: on most members, and in their logs. */
export const DURABLE = { writeConcern: { w: 'majority', journal: true } } as const;
/** Projections follow from the journal, and may be lost with it, but not without it. */
const FOLLOWING = { w: 'majority' } as const;

const SCHEMAS: readonly (readonly [new () => object, Schema])[] = [
  [JobCommit, JobCommitSchema],
  [CommitPart, CommitPartSchema],
  [OrchestrationJob, OrchestrationJobSchema],
  [JobNode, JobNodeSchema],
  [StagedJob, StagedJobSchema],
  [DiscardedJob, DiscardedJobSchema],
  [StoredTestCase, StoredTestCaseSchema],
  [StoredTemplate, StoredTemplateSchema],
  [StoredTemplateRevision, StoredTemplateRevisionSchema],
  [StoredSchedule, StoredScheduleSchema],
  [RedeemedToken, RedeemedTokenSchema],
  [NodeDuration, NodeDurationSchema],
  [BatonInstance, BatonInstanceSchema],
  [JobMessage, JobMessageSchema],
  [StoredDeadLetter, StoredDeadLetterSchema],
  [HeldKey, HeldKeySchema],
  [StoredResult, StoredResultSchema],
  [StoreInfo, StoreInfoSchema],
];

/** The mongoose connection that the stores share, and its collections. */
export class Connection {
  readonly commits: mongo.Collection<Fields<JobCommit>>;
  readonly parts: mongo.Collection<Fields<CommitPart>>;
  readonly jobs: mongo.Collection<Fields<OrchestrationJob>>;
  readonly nodes: mongo.Collection<Fields<JobNode>>;
  readonly staged: mongo.Collection<Fields<StagedJob>>;
  readonly discarded: mongo.Collection<Fields<DiscardedJob>>;
  readonly testCases: mongo.Collection<Fields<StoredTestCase>>;
  readonly templates: mongo.Collection<Fields<StoredTemplate>>;
  readonly templateRevisions: mongo.Collection<Fields<StoredTemplateRevision>>;
  readonly schedules: mongo.Collection<Fields<StoredSchedule>>;
  readonly tokens: mongo.Collection<Fields<RedeemedToken>>;
  readonly durations: mongo.Collection<Fields<NodeDuration>>;
  readonly instances: mongo.Collection<Fields<BatonInstance>>;
  readonly inbox: mongo.Collection<Fields<JobMessage>>;
  readonly deadLetters: mongo.Collection<Fields<StoredDeadLetter>>;
  readonly heldKeys: mongo.Collection<Fields<HeldKey>>;
  readonly results: mongo.Collection<Fields<StoredResult>>;
  readonly info: mongo.Collection<Fields<StoreInfo>>;
  /** For tests and tools that look beneath the ports. */
  readonly mongoose: Mongoose;
  /** ms. */
  readonly timeout: number;
  #closed = false;

  private constructor(connection: Mongoose, timeout: number) {
    this.mongoose = connection;
    this.timeout = timeout;
    for (const [type, schema] of SCHEMAS) connection.model(type.name, schema);
    // Documents are made and read by code that knows their shape: past mongoose's own, on the hot path.
    const of = <T extends { _id: string }>(type: new () => T): mongo.Collection<Fields<T>> =>
      this.#db.collection<Fields<T>>(connection.model(type.name).collection.collectionName);
    this.commits = of(JobCommit);
    this.parts = of(CommitPart);
    this.jobs = of(OrchestrationJob);
    this.nodes = of(JobNode);
    this.staged = of(StagedJob);
    this.discarded = of(DiscardedJob);
    this.testCases = of(StoredTestCase);
    this.templates = of(StoredTemplate);
    this.templateRevisions = of(StoredTemplateRevision);
    this.schedules = of(StoredSchedule);
    this.tokens = of(RedeemedToken);
    this.durations = of(NodeDuration);
    this.instances = of(BatonInstance);
    this.inbox = of(JobMessage);
    this.deadLetters = of(StoredDeadLetter);
    this.heldKeys = of(HeldKey);
    this.results = of(StoredResult);
    this.info = of(StoreInfo);
  }

  /**
   * Connects, creates the indexes that are not there yet, and marks the database with its schema
   * version. Rejects with {@link StoreUnavailable} within the timeout, {@link SchemaTooNew}, and
   * {@link StoreIncomplete} while another store is being copied into it.
   */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const timeout = options.timeout ?? DEFAULT_TIMEOUT;
    const connection = mongoose.createConnection(options.url, {
      serverSelectionTimeoutMS: timeout,
      connectTimeoutMS: timeout,
      socketTimeoutMS: timeout,
      waitQueueTimeoutMS: timeout,
      maxPoolSize: options.poolSize ?? DEFAULT_POOL,
      monitorCommands: options.monitorCommands ?? false,
      bufferCommands: false,
      autoIndex: false,
      autoCreate: false,
      readPreference: 'primary',
      readConcern: { level: 'majority' },
      writeConcern: FOLLOWING,
      appName: 'baton',
      ...{ connectionType: ClosingConnection },
    });
    try {
      await connection.asPromise();
      const opened = new Connection(connection, timeout);
      await opened.#prepare(options);
      return opened;
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw asStoreError(error);
    }
  }

  /**
   * Does what a port was called for. Rejects with {@link StoreUnavailable} when MongoDB cannot do it
   * now, and at the latest when the timeout has passed: then nobody knows whether it was done.
   */
  async call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) {
      throw new StoreUnavailable('The store has been closed. Start the service again.');
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new StoreUnavailable(
            `MongoDB did not answer within ${this.timeout} ms. Check that it can be reached and is ` +
              'not overloaded; the call may be repeated.',
          ),
        );
      }, this.timeout);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      throw asStoreError(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the primary answers. */
  async ping(): Promise<void> {
    await this.call(() => this.#db.command({ ping: 1 }));
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.mongoose.close();
  }

  async #mark(): Promise<void> {
    try {
      await this.info.insertOne({ _id: SCHEMA_ID, version: SCHEMA_VERSION });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
  }

  get #db(): mongo.Db {
    const { db } = this.mongoose;
    if (db === undefined) throw new StoreUnavailable('There is no connection to MongoDB yet.');
    return db;
  }

  async #prepare(options: ConnectionOptions): Promise<void> {
    const { mustExist, arriving } = options;
    if (mustExist !== true) await this.#mark();
    const found = await this.info.findOne({ _id: SCHEMA_ID });
    if (found === null && mustExist === true) throw new StoreMissing();
    if (found !== null && found.version > SCHEMA_VERSION) throw new SchemaTooNew(found.version);
    if (arriving !== true && found?.arriving === true) throw new StoreIncomplete();
    await Promise.all(
      SCHEMAS.map(async ([type]) => {
        const { collection, schema } = this.mongoose.model(type.name);
        const indexes = schema.indexes().map(([key, options]) => ({ ...options, key }));
        if (indexes.length === 0) return;
        await this.#db
          .collection(collection.collectionName)
          .createIndexes(indexes as unknown as mongo.IndexDescription[]);
      }),
    );
    await this.#validate(found?.validators, options.onNoValidators);
  }

  /** Asks the server only for what it has not been asked for before. */
  async #validate(
    applied: string | undefined,
    onNoValidators: ConnectionOptions['onNoValidators'],
  ): Promise<void> {
    const collections = SCHEMAS.map(([type, schema]) => ({
      name: this.mongoose.model(type.name).collection.collectionName,
      schema,
    }));
    const validators = fingerprintOf(collections);
    if (applied === validators) return;
    const refused = await applyValidators(this.#db, collections);
    if (refused === undefined) {
      await this.info.updateOne({ _id: SCHEMA_ID }, { $set: { validators } });
    } else {
      onNoValidators?.(refused);
    }
  }
}
