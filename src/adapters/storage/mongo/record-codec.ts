import type { DefinitionChunk, JobHeader, JobProgress } from '../../../core/job/job-record.js';
import type { NodeDefinition } from '../../../core/graph/definition.js';
import type { CommitRequest, JobCreation } from '../../../ports/job-journal.js';
import { encodeRecordBody } from '../record-body.js';

/*
 * What jobs bring along is kept as JSON text: keys such as `$set`, `a.b` or none at all mean nothing
 * to MongoDB then, and what is read is what was written.
 */

/** Larger bodies are kept in parts: a document of MongoDB holds 16 MiB. */
const PART_BYTES = 8 * 1024 * 1024;
/** Bytes of the events, intents and node states of one commit, as JSON. */
export const MAX_BODY_BYTES = 256 * 1024 * 1024;
/** Bytes of a job's header, with its inputs, as JSON. */
export const MAX_HEADER_BYTES = 4 * 1024 * 1024;
/** Definitions within these bounds travel in version 1 of the journal. */
const INLINE_NODES = 500;
const INLINE_CHARACTERS = 256 * 1024;

/** A commit's body in one piece, or, if it is large, in several. */
export type EncodedBody = { readonly body: string } | { readonly parts: readonly Buffer[] };

/** Throws a RangeError when the body is beyond {@link MAX_BODY_BYTES}. */
export function encodeBody(record: CommitRequest): EncodedBody {
  const body = encodeRecordBody(record);
  // No character takes more than three bytes, so most bodies need not be counted.
  if (body.length * 3 <= PART_BYTES) return { body };
  const bytes = Buffer.from(body);
  if (bytes.length <= PART_BYTES) return { body };
  if (bytes.length > MAX_BODY_BYTES) {
    throw new RangeError(
      `A commit of job ${record.jobId} has ${bytes.length} bytes and the store takes ` +
        `${MAX_BODY_BYTES}: give the job less concurrency or its nodes smaller outputs.`,
    );
  }
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    parts.push(bytes.subarray(at, at + PART_BYTES));
  }
  return { parts };
}

/** Throws a RangeError when the header is beyond {@link MAX_HEADER_BYTES}. */
export function encodeHeader(header: JobHeader): string {
  const text = JSON.stringify(header);
  if (text.length * 3 > MAX_HEADER_BYTES && Buffer.byteLength(text) > MAX_HEADER_BYTES) {
    throw new RangeError(
      `The inputs and labels of job ${header.jobId} are beyond ${MAX_HEADER_BYTES} bytes, which is ` +
        'what the store takes: give the job a reference to its data instead.',
    );
  }
  return text;
}

export function decodeHeader(text: string): JobHeader {
  return JSON.parse(text) as JobHeader;
}

export function encodeProgress(progress: JobProgress): string {
  return JSON.stringify(progress);
}

export function decodeProgress(text: string): JobProgress {
  return JSON.parse(text) as JobProgress;
}

/** The whole definition as text, when it is all there and small; else it is kept with its nodes. */
export function encodeInline({ header, chunks }: JobCreation): string | undefined {
  if (header.nodeCount > INLINE_NODES) return undefined;
  const nodes: NodeDefinition[] = [];
  for (const chunk of chunks) {
    if (chunk.first !== nodes.length) return undefined;
    nodes.push(...chunk.nodes);
  }
  if (nodes.length !== header.nodeCount) return undefined;
  const text = JSON.stringify(nodes);
  return text.length <= INLINE_CHARACTERS ? text : undefined;
}

export function decodeInline(text: string): DefinitionChunk {
  return { first: 0, nodes: JSON.parse(text) as readonly NodeDefinition[] };
}
