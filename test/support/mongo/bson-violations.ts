import mongoose from 'mongoose';
import type { BsonSchema } from '../../../src/adapters/storage/mongo/validators.js';

const { Binary, Decimal128, Double, Int32, Long } = mongoose.mongo;

/** What a MongoDB server with this validator would hold against a document, by path. */
export function bsonViolations(schema: BsonSchema, value: unknown, path = '$'): string[] {
  const { bsonType, required = [], properties = {}, items, minimum, maximum } = schema;
  const type = bsonTypeOf(value);
  const allowed = typeof bsonType === 'string' ? [bsonType] : bsonType;
  if (allowed?.includes(type) === false) return [`${path}: ${type}, not ${allowed.join(' or ')}`];
  const problems: string[] = [];
  if (type === 'number') {
    const number = Number(value);
    if (number < (minimum ?? -Infinity)) problems.push(`${path}: below ${String(minimum)}`);
    if (number > (maximum ?? Infinity)) problems.push(`${path}: above ${String(maximum)}`);
  }
  if (type === 'object') {
    const fields = value as Readonly<Record<string, unknown>>;
    for (const name of required) {
      if (!Object.hasOwn(fields, name)) problems.push(`${path}.${name}: missing`);
    }
    for (const [name, property] of Object.entries(properties)) {
      if (Object.hasOwn(fields, name)) {
        problems.push(...bsonViolations(property, fields[name], `${path}.${name}`));
      }
    }
  }
  if (items !== undefined && Array.isArray(value)) {
    value.forEach((item, at) => problems.push(...bsonViolations(items, item, `${path}[${at}]`)));
  }
  return problems;
}

function bsonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Binary || value instanceof Uint8Array) return 'binData';
  if (value instanceof Date) return 'date';
  if ([Decimal128, Double, Int32, Long].some((type) => value instanceof type)) return 'number';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
    case 'bigint':
      return 'number';
    case 'string':
      return 'string';
    default:
      return 'object';
  }
}
