import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEMS, problemDocument, RequestProblem } from './problem.js';

/** Answers what is not even an HTTP request, as far as the connection still takes an answer. */
export function answerBrokenRequest(error: { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new RequestProblem('headers_too_large', 'Send fewer or shorter headers.')
      : new RequestProblem('bad_request', 'This is not an HTTP request that can be read.');
  const [status] = PROBLEMS[problem.problem];
  const body = JSON.stringify(
    problemDocument(problem, { instance: '/', correlationId: randomBytes(16).toString('hex') }),
  );
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
