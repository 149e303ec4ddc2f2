import { createHash } from 'node:crypto';
import type { mongo, Schema } from 'mongoose';
import { StoreUnavailable } from '../../../ports/store-errors.js';
import { asStoreError } from './mongo-errors.js';

/** A JSON Schema with the types of BSON, as far as validators here use it. */
export interface BsonSchema {
  readonly bsonType?: string | readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, BsonSchema>>;
  readonly items?: BsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface WithJsonSchema {
  toJSONSchema(options: { readonly useBsonType: true }): BsonSchema;
}

export interface ValidatedCollection {
  readonly name: string;
  readonly schema: Schema;
}

const NAMESPACE_NOT_FOUND = 26;
const NAMESPACE_EXISTS = 48;

/**
 * What a document of a collection must be like. Fields that it does not name are let through, so
 * that instances of two versions can share a database while one takes over from the other.
 */
export function validatorOf(schema: Schema): BsonSchema {
  const made = (schema as unknown as WithJsonSchema).toJSONSchema({ useBsonType: true });
  return { bsonType: 'object', ...withBounds(withoutNull(made), schema) };
}

/** Tells whether validators have changed since they were applied. */
export function fingerprintOf(collections: readonly ValidatedCollection[]): string {
  const all = collections.map(({ name, schema }) => [name, validatorOf(schema)]);
  return createHash('sha256').update(JSON.stringify(all)).digest('base64url').slice(0, 16);
}

/**
 * Has the server validate what is written, also by others than Baton. Answers why it does not, where
 * it does not know how to or this user may not ask for it: everything works without. Rejects with
 * {@link StoreUnavailable} when the server cannot be used now.
 */
export async function applyValidators(
  db: Pick<mongo.Db, 'command'>,
  collections: readonly ValidatedCollection[],
): Promise<unknown> {
  const [first, ...others] = collections;
  if (first === undefined) return undefined;
  try {
    await applyOne(db, first);
    await Promise.all(others.map((collection) => applyOne(db, collection)));
    return undefined;
  } catch (error) {
    const translated = asStoreError(error);
    if (translated instanceof StoreUnavailable) throw translated;
    return error;
  }
}

async function applyOne(
  db: Pick<mongo.Db, 'command'>,
  { name, schema }: ValidatedCollection,
): Promise<void> {
  const validation = {
    validator: { $jsonSchema: validatorOf(schema) },
    // What was written before there were validators may be changed still.
    validationLevel: 'moderate',
    validationAction: 'error',
  };
  const modify = { collMod: name, ...validation };
  try {
    await db.command(modify);
  } catch (error) {
    if (codeOf(error) !== NAMESPACE_NOT_FOUND) throw error;
    try {
      await db.command({ create: name, ...validation });
    } catch (failure) {
      if (codeOf(failure) !== NAMESPACE_EXISTS) throw failure;
      await db.command(modify);
    }
  }
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | null)?.code;
}

/** An optional field is absent, never null: sparse indexes would hold it. */
function withoutNull(schema: BsonSchema): BsonSchema {
  const { bsonType, properties, items } = schema;
  const types = typeof bsonType === 'string' ? [bsonType] : (bsonType ?? []);
  const [only, ...more] = types.filter((type) => type !== 'null');
  return {
    ...schema,
    ...(only === undefined ? {} : { bsonType: more.length === 0 ? only : [only, ...more] }),
    ...(properties === undefined ? {} : { properties: mapped(properties, withoutNull) }),
    ...(items === undefined ? {} : { items: withoutNull(items) }),
  };
}

function withBounds(made: BsonSchema, schema: Schema): BsonSchema {
  const { properties } = made;
  if (properties === undefined) return made;
  return {
    ...made,
    properties: mapped(properties, (property, name) => {
      const path = schema.path(name) as
        | { readonly schema?: Schema; readonly options: { min?: unknown; max?: unknown } }
        | undefined;
      if (path === undefined) return property;
      const { min, max } = path.options;
      return {
        ...(path.schema === undefined || property.properties === undefined
          ? property
          : withBounds(property, path.schema)),
        ...(typeof min === 'number' ? { minimum: min } : {}),
        ...(typeof max === 'number' ? { maximum: max } : {}),
      };
    }),
  };
}

function mapped(
  properties: Readonly<Record<string, BsonSchema>>,
  change: (property: BsonSchema, name: string) => BsonSchema,
): Record<string, BsonSchema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, change(property, name)]),
  );
}
