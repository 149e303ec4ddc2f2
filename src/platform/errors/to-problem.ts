import { HttpException } from '@nestjs/common';
import { RequestProblem } from './problem.js';

/** Whatever was thrown, as the problem to answer with. Nothing of an unexpected error gets out. */
export function toProblem(thrown: unknown): RequestProblem {
  if (thrown instanceof RequestProblem) return thrown;
  const code = field(thrown, 'code');
  if (code === 'store_unavailable') {
    return new RequestProblem(
      'store_unavailable',
      'The store cannot be read or written now. Nothing was changed; repeat the request in a moment, with the same Idempotency-Key if it has one.',
      { headers: { 'retry-after': '2' }, cause: thrown },
    );
  }
  if (code === 'invalid_cursor') {
    return new RequestProblem('invalid_cursor', message(thrown), {
      errors: [
        { in: 'query', pointer: '/cursor', code: 'invalid_cursor', message: message(thrown) },
      ],
    });
  }
  const status = thrown instanceof HttpException ? thrown.getStatus() : field(thrown, 'statusCode');
  return byStatus(status, thrown);
}

function byStatus(status: unknown, thrown: unknown): RequestProblem {
  switch (status) {
    case 400:
      return new RequestProblem('bad_request', 'The request cannot be read. Check its address.');
    case 401:
      return new RequestProblem('missing_token', 'Send a token: Authorization: Bearer <token>.');
    case 404:
      return new RequestProblem(
        'route_not_found',
        'Nothing is served here. See /docs for the routes.',
      );
    case 413:
      return new RequestProblem(
        'body_too_large',
        'The body is larger than MAX_BODY_BYTES allows. Split the job, or raise the limit.',
      );
    case 414:
      return new RequestProblem('uri_too_long', 'Shorten the address.');
    case 415:
      return new RequestProblem(
        'unsupported_content_type',
        'Send JSON, with the header Content-Type: application/json.',
      );
    case 429:
      return new RequestProblem(
        'rate_limited',
        'Wait as long as Retry-After says, then try again.',
      );
    case 503:
      return new RequestProblem('stopping', 'Baton is shutting down. Try again in a moment.', {
        headers: { 'retry-after': '5' },
      });
    default:
      return new RequestProblem(
        'internal_error',
        'The request failed for a reason that is not yours. Try again; if it goes on, report the correlation_id.',
        { cause: thrown },
      );
  }
}

function field(thrown: unknown, name: string): unknown {
  return typeof thrown === 'object' && thrown !== null
    ? (thrown as Record<string, unknown>)[name]
    : undefined;
}

function message(thrown: unknown): string {
  return String(field(thrown, 'message'));
}
