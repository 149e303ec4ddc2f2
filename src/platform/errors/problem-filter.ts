import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceLogger } from '../logging/index.js';
import { correlationOf, pathOf } from '../http/index.js';
import { PROBLEMS, problemDocument, RequestProblem } from './problem.js';
import { toProblem } from './to-problem.js';

export interface ProblemAnswers {
  readonly logger: ServiceLogger;
  /** The methods that the route at a path takes; none when there is no such route. */
  readonly methodsAt: (path: string) => readonly string[];
}

/** Turns everything thrown while a request is handled into an `application/problem+json` answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly answers: ProblemAnswers) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    answerProblem(thrown, request, http.getResponse<FastifyReply>(), this.answers);
  }
}

/** Answers a request with what was thrown, and logs what is the service's own fault. */
export function answerProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { logger, methodsAt }: ProblemAnswers,
): void {
  const instance = pathOf(request);
  const problem = refine(toProblem(thrown), instance, methodsAt);
  const { correlationId, traceId, traceparent } = correlationOf(request);
  const [status] = PROBLEMS[problem.problem];
  if (status >= 500) {
    const fields = {
      correlation_id: correlationId,
      trace_id: traceId,
      code: problem.problem,
      err: problem.cause ?? problem,
    };
    if (status === 500) logger.error(fields, 'request failed');
    else logger.warn(fields, 'request refused');
  }
  if (reply.sent || reply.raw.headersSent) return;
  // Fastify would close the connection under a client that is still sending, which then sees a
  // broken pipe in place of the answer. Node reads on and drops what comes.
  if (status < 500) reply.removeHeader('connection');
  if (status === 401) void reply.header('www-authenticate', challenge(problem.problem));
  void reply
    .status(status)
    .headers(problem.headers)
    .header('x-correlation-id', correlationId)
    .header('traceparent', traceparent)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problemDocument(problem, { instance, correlationId })));
}

/** Tells a route that does not take the method from one that does not exist. */
function refine(
  problem: RequestProblem,
  path: string,
  methodsAt: ProblemAnswers['methodsAt'],
): RequestProblem {
  const methods = problem.problem === 'route_not_found' ? methodsAt(path) : [];
  if (methods.length === 0) return problem;
  const allow = methods.join(', ');
  return new RequestProblem('method_not_allowed', `This route takes ${allow}.`, {
    headers: { allow },
  });
}

/** RFC 6750, section 3: without credentials the challenge carries no error. */
function challenge(code: string): string {
  return code === 'missing_token'
    ? 'Bearer realm="baton"'
    : 'Bearer realm="baton", error="invalid_token"';
}
