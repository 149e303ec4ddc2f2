import path from 'node:path';
import { BadSetting } from './setting.js';

/** Which store: the embedded one's file, or a MongoDB database. */
export type DatabaseLocation =
  | {
      readonly kind: 'sqlite';
      /** Absolute. */
      readonly path: string;
    }
  | {
      readonly kind: 'mongodb';
      /** With the name of the database; may hold a password. */
      readonly url: string;
    };

const DEFAULT_DATABASE = 'baton';
const MONGODB =
  /^(?<start>mongodb(?:\+srv)?:\/\/(?:[^@/?]+@)?[^@/?\s]+)(?:\/(?<name>[^/?\s]*))?(?<options>\?\S*)?$/;

/** Reads a DATABASE_URL; throws {@link BadSetting}, worded to follow its name, without any password. */
export function parseDatabaseUrl(text: string): DatabaseLocation {
  if (/^mongodb(\+srv)?:/.test(text)) {
    const { start, name, options = '' } = MONGODB.exec(text)?.groups ?? {};
    if (start === undefined) {
      throw new BadSetting(
        'is no URL of a MongoDB; give one such as mongodb://user:password@host:27017/baton (percent-encode what is special in user and password)',
      );
    }
    const database = name === undefined || name === '' ? DEFAULT_DATABASE : name;
    return { kind: 'mongodb', url: `${start}/${database}${options}` };
  }
  const file = text.startsWith('file:') ? text.slice('file:'.length) : '';
  if (file === '' || file.includes('\0')) {
    throw new BadSetting(
      'must be file: and a path, such as file:./data/baton.db, or a mongodb:// or mongodb+srv:// URL',
    );
  }
  return { kind: 'sqlite', path: path.resolve(file.replace(/^\/\/(?=\/)/, '')) };
}

/** The database for people: a URL's user and password are left out. */
export function databaseName(location: DatabaseLocation): string {
  return location.kind === 'sqlite'
    ? location.path
    : location.url.replace(/\/\/[^@/?]+@/, '//').replace(/\?.*$/, '');
}
