/** One thing wrong with a request; `pointer` is an RFC 6901 JSON pointer into the part named by `in`. */
export interface ProblemDetail {
  readonly in: 'body' | 'query' | 'path' | 'header';
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** Every way in which a request can fail: a stable code, its HTTP status and its title. */
export const PROBLEMS = {
  malformed_json: [400, 'The body is not JSON'],
  unsupported_content_type: [400, 'The body is of a kind that this route does not read'],
  forbidden_key: [400, 'The body has a key that is not allowed anywhere'],
  bad_request: [400, 'The request cannot be read'],
  missing_token: [401, 'A token is needed'],
  invalid_token: [401, 'The token is not valid'],
  expired_token: [401, 'The token has expired'],
  not_an_approver: [403, 'Somebody else has to decide'],
  route_not_found: [404, 'There is no such route'],
  job_not_found: [404, 'There is no such job'],
  node_not_found: [404, 'The job has no such node'],
  version_not_found: [404, 'The job has no such version'],
  log_not_found: [404, 'There is no such log'],
  test_case_not_found: [404, 'There is no such test case'],
  template_not_found: [404, 'There is no such template'],
  template_revision_not_found: [404, 'The template has no such revision'],
  dead_letter_not_found: [404, 'There is no such dead letter'],
  schedule_not_found: [404, 'There is no such schedule'],
  method_not_allowed: [405, 'The route does not take this method'],
  body_too_large: [413, 'The body is too large'],
  uri_too_long: [414, 'The address is too long'],
  invalid_definition: [422, 'The job definition is not valid'],
  invalid_test_case: [422, 'The test case is not valid'],
  invalid_template: [422, 'The template is not valid'],
  invalid_schedule: [422, 'The schedule is not valid'],
  template_archived: [422, 'The template is archived'],
  invalid_request: [422, 'The request is not valid'],
  invalid_query: [422, 'The query is not valid'],
  invalid_cursor: [422, 'The cursor is not valid'],
  idempotency_key_reused: [422, 'The idempotency key belongs to another request'],
  job_already_finished: [422, 'The job has already finished'],
  job_not_finished: [422, 'The job has not finished'],
  nothing_to_retry: [422, 'Nothing of the job failed'],
  nothing_to_compensate: [422, 'Nothing of the job can be undone'],
  job_already_ending: [422, 'The job is ending already'],
  job_not_running: [422, 'The job is not running'],
  job_not_paused: [422, 'The job is not paused'],
  node_already_finished: [422, 'The node has already finished'],
  node_running: [422, 'The node is running'],
  node_not_awaiting: [422, 'The node does not wait for this'],
  already_signalled: [422, 'The node has had its signal'],
  dead_letter_requeued: [422, 'The dead letter was requeued already'],
  dead_letter_job_gone: [422, 'The job of the dead letter is gone'],
  graph_too_large: [422, 'The graph is too large to draw'],
  rate_limited: [429, 'Too many requests'],
  headers_too_large: [431, 'The headers are too large'],
  internal_error: [500, 'Something went wrong inside Baton'],
  store_unavailable: [503, 'The store is unavailable'],
  stopping: [503, 'Baton is shutting down'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What is sent: an RFC 9457 problem document. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly instance: string;
  readonly correlation_id: string;
  readonly errors?: readonly ProblemDetail[];
  /** True when there was more wrong than `errors` lists. */
  readonly errors_truncated?: boolean;
}

interface Extras {
  readonly errors?: readonly ProblemDetail[];
  readonly truncated?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Ends a request with a problem document. `detail` says what is wrong and what to do next. */
export class RequestProblem extends Error {
  readonly problem: ProblemCode;
  readonly errors: readonly ProblemDetail[];
  readonly truncated: boolean;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: ProblemCode, detail: string, extras: Extras = {}) {
    super(detail, extras.cause === undefined ? undefined : { cause: extras.cause });
    this.name = 'RequestProblem';
    this.problem = problem;
    this.errors = extras.errors ?? [];
    this.truncated = extras.truncated ?? false;
    this.headers = extras.headers ?? {};
  }
}

export function problemDocument(
  failure: RequestProblem,
  request: { readonly instance: string; readonly correlationId: string },
): Problem {
  const [status, title] = PROBLEMS[failure.problem];
  return {
    type: `urn:baton:problem:${failure.problem}`,
    title,
    status,
    detail: failure.message,
    code: failure.problem,
    instance: request.instance,
    correlation_id: request.correlationId,
    ...(failure.errors.length > 0 ? { errors: failure.errors } : {}),
    ...(failure.truncated ? { errors_truncated: true } : {}),
  };
}
