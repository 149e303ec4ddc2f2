import { databaseName, type Config } from './config/index.js';

/** Why the service could not start and what to do, from what was thrown on the way. */
export function startProblem(
  error: unknown,
  { dataDir, database, host, port }: Pick<Config, 'dataDir' | 'database' | 'host' | 'port'>,
): string {
  if (!(error instanceof Error)) return String(error);
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken; give another PORT.`;
    case 'EACCES':
      if (!('path' in error)) return `Port ${port} may not be listened on; give a PORT above 1023.`;
      break;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST ${host} is no address of this machine; give 127.0.0.1, or 0.0.0.0 for all.`;
    case 'store_in_use':
    case 'folder_in_use':
    case 'store_incomplete':
      return message;
    case 'store_unavailable':
      if (database.kind === 'mongodb')
        return `${message} DATABASE_URL is ${databaseName(database)}.`;
      break;
    case undefined: // A fault of ours shows where it is.
      return error.stack ?? message;
  }
  return `${message}. See that this user may write the folder DATA_DIR (${dataDir}), and that DATABASE_URL names a database of Baton's (${databaseName(database)}).`;
}
