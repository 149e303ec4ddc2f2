import type { JobRef } from '../../../core/job/job-record.js';
import type { ScheduleRef } from '../../../core/schedule/schedule.js';

/*
 * Documents are found by `_id`s made of what names them: the index that every server has anyway is
 * then the only one that the hot path needs. JSON keeps the parts apart, whatever is in them.
 */

export function jobKey({ tenantId, jobId }: JobRef): string {
  return `${JSON.stringify(tenantId)},${JSON.stringify(jobId)}`;
}

/** The job that a {@link jobKey} names. */
export function jobOf(key: string): JobRef {
  const [tenantId, jobId] = JSON.parse(`[${key}]`) as [string, string];
  return { tenantId, jobId };
}

/** Of the commit that made the job's version `version`. */
export function commitKey(job: string, version: number): string {
  return `${job},${version}`;
}

export function nodeKey(job: string, index: number): string {
  return `${job},${index}`;
}

export function partKey(commit: string, commitId: string, part: number): string {
  return `${commit},${JSON.stringify(commitId)},${part}`;
}

export function claimKey(tenantId: string, owner: string, key: string): string {
  return JSON.stringify([tenantId, owner, key]);
}

export function testCaseKey(tenantId: string, name: string): string {
  return JSON.stringify([tenantId, name]);
}

export function durationKey(tenantId: string, scope: string, name: string): string {
  return JSON.stringify([tenantId, scope, name]);
}

export function scheduleKey({ tenantId, owner, name }: ScheduleRef): string {
  return JSON.stringify([tenantId, owner, name]);
}

export function templateKey(tenantId: string, name: string): string {
  return JSON.stringify([tenantId, name]);
}

export function templateRevisionKey(tenantId: string, name: string, revision: number): string {
  return JSON.stringify([tenantId, name, revision]);
}

export function heldKeyKey(tenantId: string, key: string): string {
  return JSON.stringify([tenantId, key]);
}
