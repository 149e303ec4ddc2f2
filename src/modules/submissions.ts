import type { FastifyReply, FastifyRequest } from 'fastify';
import { correlationOf, rawBodyOf, type Correlation } from '../platform/http/index.js';

/** What the request itself says of a job that it is to make. */
export interface SubmissionContext {
  /** The body as it came, by which a repeat is known. */
  readonly rawBody: Buffer | undefined;
  readonly idempotencyKey: string | undefined;
  readonly correlation: Correlation;
}

export function submissionContextOf(request: FastifyRequest): SubmissionContext {
  const key = request.headers['idempotency-key'];
  return {
    rawBody: rawBodyOf(request),
    idempotencyKey: Array.isArray(key) ? key.join(',') : key,
    correlation: correlationOf(request),
  };
}

/** Says in the headers of the answer where the job is, and whether it was made before; answers the job. */
export function answerSubmitted<T extends { readonly links: { readonly self: string } }>(
  reply: FastifyReply,
  { job, replayed }: { readonly job: T; readonly replayed: boolean },
): T {
  void reply.header('location', job.links.self);
  if (replayed) void reply.header('idempotency-replayed', 'true');
  return job;
}
