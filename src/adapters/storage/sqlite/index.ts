export { openDrivenSqliteStore, type DrivenSqliteStore } from './driven-sqlite-store.js';
export {
  FolderInUse,
  lockFolder,
  lockForDriving,
  StoreInUse,
  type ProcessLock,
} from './driving-lock.js';
export { SchemaTooNew } from './migrations.js';
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite-store.js';
