import type { AttemptError, ErrorClass } from '../core/job/attempt.js';
import type { JsonObject } from '../core/json.js';
import type { TemplateOrigin } from '../core/template/template.js';

export const DEAD_LETTER_STATUSES = ['open', 'requeued'] as const;
export type DeadLetterStatus = (typeof DEAD_LETTER_STATUSES)[number];

/** As which job a letter was requeued, by whom, and when (epoch ms). */
export interface Requeue {
  readonly jobId: string;
  readonly by: string;
  readonly at: number;
}

/** What lists show of a letter. */
export interface DeadLetterInfo {
  /** Made of the tenant, the job and the node: the same whoever derives the letter. */
  readonly id: string;
  readonly tenantId: string;
  /** Of the job. */
  readonly owner: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly template?: TemplateOrigin;
  readonly nodeId: string;
  /** Of the node. */
  readonly type: string;
  /** How many were made. */
  readonly attempts: number;
  /** Of the last attempt. */
  readonly error: AttemptError;
  /** Epoch milliseconds of the commit in which the node failed. */
  readonly at: number;
  /** Absent while it is open; the last one, where there were several. */
  readonly requeued?: Requeue;
  /** The config was too large to be kept with the letter; the job has it. */
  readonly configOmitted?: true;
}

/** A node that failed for good because its attempts were used up. */
export interface DeadLetter extends DeadLetterInfo {
  /** As it was defined, its expressions not evaluated. */
  readonly config?: JsonObject;
}

export interface DeadLetterFilter {
  readonly tenantId: string;
  /** Absent: every owner of the tenant. */
  readonly owner?: string;
  readonly jobId?: string;
  /** Of the node. */
  readonly type?: string;
  readonly status?: DeadLetterStatus;
  readonly errorClass?: ErrorClass;
  /** Epoch milliseconds: only those that failed before this. */
  readonly before?: number;
}

export interface DeadLetterQuery extends DeadLetterFilter {
  readonly limit: number;
  /** The `next` of the page before. */
  readonly cursor?: string;
}

export interface DeadLetterPage {
  /** Newest first. */
  readonly letters: readonly DeadLetterInfo[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

export interface DeadLetterExpiry {
  /** Epoch milliseconds: letters of nodes that failed before this are deleted; absent: none. */
  readonly before?: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Letters deleted in this call, at most. */
  readonly limit: number;
}

/**
 * What has used up its attempts. A letter is a projection: the journal adapter derives it from the
 * commit that holds its `dead_letter` intent, with that commit or right after, and a crash in between
 * does not lose it. It outlives its job. Rejects with {@link StoreUnavailable} when the store cannot
 * be reached.
 */
export interface DeadLetters {
  /** Rejects with {@link InvalidCursor} when the cursor is none of that list's. */
  list(query: DeadLetterQuery): Promise<DeadLetterPage>;
  get(tenantId: string, id: string): Promise<DeadLetter | undefined>;
  /**
   * Notes a requeue (`undefined`: none) in place of the one that was `seen`; false, and nothing
   * happens, when there is another by now, or no letter. Durable when it resolves.
   */
  setRequeue(
    tenantId: string,
    id: string,
    seen: Requeue | undefined,
    requeue: Requeue | undefined,
  ): Promise<boolean>;
  /** Answers how many there were. What was deleted does not come back. Durable when it resolves. */
  delete(tenantId: string, ids: readonly string[]): Promise<number>;
  /** Puts a letter as it is in another store, in place of one with its id. */
  put(letter: DeadLetter): Promise<void>;
  /** Deletes some of what has expired; true when there is nothing more. Short, as all of retention. */
  expire(expiry: DeadLetterExpiry): Promise<boolean>;
}
