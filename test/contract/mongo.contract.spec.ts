import { openMongoStore, type MongoStore } from '../../src/adapters/storage/mongo/index.js';
import type { MongoServer } from '../support/mongo/mongo-server.js';
import { withMongo } from '../support/mongo/with-mongo.js';
import type { StoreContract } from '../support/store-under-test.js';
import { clusterContract } from './cluster.contract.js';
import { deadLettersContract } from './dead-letters.contract.js';
import { durationHistoryContract } from './duration-history.contract.js';
import { jobJournalContract } from './job-journal.contract.js';
import { jobListContract } from './job-list.contract.js';
import { jobProjectionsContract } from './job-projections.contract.js';
import { resultCacheContract } from './result-cache.contract.js';
import { retentionContract } from './retention.contract.js';
import { storeContentsContract } from './store-contents.contract.js';
import { scheduleStoreContract } from './schedule-store.contract.js';
import { templateStoreContract } from './template-store.contract.js';
import { testCatalogueContract } from './test-catalogue.contract.js';
import { tokenLedgerContract } from './token-ledger.contract.js';

interface MongoContract extends StoreContract {
  create(): Promise<MongoStore>;
  reopen(options?: {
    readonly arriving?: boolean;
    readonly durationNames?: number;
  }): Promise<MongoStore>;
}

function mongo(server: MongoServer): MongoContract {
  let url: string;
  let store: MongoStore;
  const open = async (options = {}): Promise<MongoStore> => {
    store = await openMongoStore({ url, ...options });
    return store;
  };
  return {
    name: `MongoDB (${server.name})`,
    create: () => {
      url = server.freshDatabase();
      return open();
    },
    reopen: async (options) => {
      await store.close();
      return open(options);
    },
    destroy: async () => {
      await store.connection.mongoose.dropDatabase().catch(() => undefined);
      await store.close();
    },
  };
}

await withMongo('the contracts of the stores on MongoDB', (server) => {
  jobJournalContract(mongo(server));
  jobProjectionsContract(mongo(server));
  jobListContract(mongo(server));
  retentionContract(mongo(server));
  templateStoreContract(mongo(server));
  scheduleStoreContract(mongo(server));
  testCatalogueContract(mongo(server));
  deadLettersContract(mongo(server));
  resultCacheContract(mongo(server));
  tokenLedgerContract(mongo(server));
  durationHistoryContract(mongo(server));
  storeContentsContract(mongo(server));
  clusterContract(mongo(server));
});
