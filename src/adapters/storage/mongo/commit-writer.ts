import type { CommitRequest, JobCreation } from '../../../ports/job-journal.js';
import { letterSeeds } from '../letters-of.js';
import type { CreationOrder } from './creation-order.js';
import type { Definitions } from './definitions.js';
import { claimKey, commitKey, jobKey } from './keys.js';
import type { Creation, Unprojected } from './projection-changes.js';
import { encodeBody, encodeHeader, encodeInline, encodeProgress } from './record-codec.js';
import type { JobCommitDocument } from './schemas/job-commit.schema.js';
import type { StoredCommits } from './stored-commits.js';

/** A record as it will be inserted, and what follows from it. */
export interface Draft {
  readonly record: CommitRequest;
  readonly document: JobCommitDocument;
  readonly unprojected: Unprojected;
}

/** Makes documents of records, and writes ahead what does not fit into them. */
export class CommitWriter {
  readonly #order: CreationOrder;
  readonly #definitions: Definitions;
  readonly #stored: StoredCommits;

  constructor(order: CreationOrder, definitions: Definitions, stored: StoredCommits) {
    this.#order = order;
    this.#definitions = definitions;
    this.#stored = stored;
  }

  /** Throws a RangeError for what the store cannot hold, and says what it could. */
  async draft(record: CommitRequest): Promise<Draft> {
    const version = record.expectedVersion + 1;
    const _id = commitKey(jobKey(record), version);
    const encoded = encodeBody(record);
    if ('parts' in encoded) await this.#stored.writeParts(_id, record.commitId, encoded.parts);
    const first = version === 1 ? await this.#first(record) : undefined;
    const progressText = encodeProgress(record.progress);
    return {
      record,
      document: {
        _id,
        tenant: record.tenantId,
        job: record.jobId,
        version,
        commitId: record.commitId,
        at: record.at,
        progress: progressText,
        ...('parts' in encoded ? { parts: encoded.parts.length } : encoded),
        ...first?.fields,
        pending: true,
      },
      unprojected: {
        commit: _id,
        ref: { tenantId: record.tenantId, jobId: record.jobId },
        version,
        progress: record.progress,
        progressText,
        nodes: record.nodes,
        letters: letterSeeds(record),
        ...(first === undefined ? {} : { creation: first.creation }),
      },
    };
  }

  /** What follows from a record that was committed before, with the order it was given then. */
  asStored({ unprojected }: Draft, order: string | undefined): Unprojected {
    const { creation } = unprojected;
    if (creation === undefined || order === undefined) return unprojected;
    return { ...unprojected, creation: { ...creation, order } };
  }

  /** Takes back what was written ahead for a record that another came before. */
  async discard({ document }: Draft): Promise<void> {
    if (document.parts === undefined) return;
    await this.#stored.dropParts(document._id, document.commitId, document.parts);
  }

  async #first(
    record: CommitRequest,
  ): Promise<{ readonly fields: Partial<JobCommitDocument>; readonly creation: Creation }> {
    const { creation } = record;
    if (creation === undefined) {
      throw new TypeError(`The record that creates job ${record.jobId} has no creation.`);
    }
    const { header } = creation;
    const headerText = encodeHeader(header);
    const definition = encodeInline(creation);
    if (definition === undefined && creation.chunks.length > 0) {
      await this.#definitions.write(record, creation.chunks);
    }
    const order = this.#order.next(header.createdAt);
    return {
      fields: {
        header: headerText,
        order,
        ...(definition === undefined ? {} : { definition }),
        ...claimFields(record, creation),
      },
      creation: { header, headerText, order, inline: definition !== undefined },
    };
  }
}

function claimFields(record: CommitRequest, creation: JobCreation): Partial<JobCommitDocument> {
  const { header, idempotency } = creation;
  if (idempotency === undefined) return {};
  return {
    claim: claimKey(record.tenantId, header.owner, idempotency.key),
    bodyHash: idempotency.bodyHash,
  };
}
