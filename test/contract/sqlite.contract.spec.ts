import { openSqliteStore, type SqliteStore } from '../../src/adapters/storage/sqlite/index.js';
import { StoreFolder } from '../support/store-folder.js';
import type { StoreContract, StoreUnderTest } from '../support/store-under-test.js';
import { deadLettersContract } from './dead-letters.contract.js';
import { durationHistoryContract } from './duration-history.contract.js';
import { jobJournalContract } from './job-journal.contract.js';
import { jobListContract } from './job-list.contract.js';
import { jobProjectionsContract } from './job-projections.contract.js';
import { storeContentsContract } from './store-contents.contract.js';
import { resultCacheContract } from './result-cache.contract.js';
import { retentionContract } from './retention.contract.js';
import { scheduleStoreContract } from './schedule-store.contract.js';
import { templateStoreContract } from './template-store.contract.js';
import { testCatalogueContract } from './test-catalogue.contract.js';
import { tokenLedgerContract } from './token-ledger.contract.js';

function sqlite(): StoreContract {
  let folder: StoreFolder;
  let store: SqliteStore;
  const open = (options = {}): Promise<StoreUnderTest> => {
    store = openSqliteStore({ path: folder.database, ...options });
    return Promise.resolve({ ...store, settled: () => Promise.resolve() });
  };
  return {
    name: 'SQLite',
    create: () => {
      folder = new StoreFolder();
      return open();
    },
    reopen: (options) => {
      store.close();
      return open(options);
    },
    destroy: () => {
      store.close();
      folder.remove();
      return Promise.resolve();
    },
  };
}

jobJournalContract(sqlite());
jobProjectionsContract(sqlite());
jobListContract(sqlite());
retentionContract(sqlite());
templateStoreContract(sqlite());
scheduleStoreContract(sqlite());
testCatalogueContract(sqlite());
deadLettersContract(sqlite());
resultCacheContract(sqlite());
tokenLedgerContract(sqlite());
durationHistoryContract(sqlite());
storeContentsContract(sqlite());
