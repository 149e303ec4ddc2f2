export { SchemaTooNew } from './mongo-connection.js';
export { openMongoStore, type MongoStore, type MongoStoreOptions } from './mongo-store.js';
