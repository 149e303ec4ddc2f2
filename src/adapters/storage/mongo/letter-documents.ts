import type { mongo } from 'mongoose';
import type { JsonObject } from '../../../core/json.js';
import type { DeadLetter, DeadLetterInfo, Requeue } from '../../../ports/dead-letters.js';
import type { StoredDeadLetterDocument } from './schemas/stored-dead-letter.schema.js';

/** What inserts letters, leaving alone those that are there, and the places of those that were. */
export function letterWrites(
  letters: readonly DeadLetter[],
): mongo.AnyBulkWriteOperation<StoredDeadLetterDocument>[] {
  return letters.map((letter) => {
    const { _id, ...document } = documentOf(letter);
    return { updateOne: { filter: { _id }, update: { $setOnInsert: document }, upsert: true } };
  });
}

export function letterFrom(document: StoredDeadLetterDocument): DeadLetter {
  const { config } = document;
  return {
    ...infoOf(document),
    ...(config === undefined ? {} : { config: JSON.parse(config) as JsonObject }),
  };
}

export function documentOf({ requeued, config, ...info }: DeadLetter): StoredDeadLetterDocument {
  return {
    _id: info.id,
    tenant: info.tenantId,
    owner: info.owner,
    job: info.jobId,
    type: info.type,
    errorClass: info.error.class,
    at: info.at,
    state: requeued === undefined ? 'open' : 'requeued',
    info: JSON.stringify(info),
    ...(config === undefined ? {} : { config: JSON.stringify(config) }),
    ...(requeued === undefined
      ? {}
      : { requeue: JSON.stringify(requeued), requeuedAs: requeued.jobId }),
  };
}

export function infoOf({ info = '{}', requeue }: StoredDeadLetterDocument): DeadLetterInfo {
  const described = JSON.parse(info) as DeadLetterInfo;
  if (requeue === undefined) return described;
  return { ...described, requeued: JSON.parse(requeue) as Requeue };
}
