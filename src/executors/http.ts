import type { AttemptError, AttemptResult, ErrorClass } from '../core/job/attempt.js';
import type { Json, JsonObject } from '../core/json.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { AttemptContext, NodeExecutor } from '../ports/node-executor.js';
import { mismatches, type Mismatch } from './http-expectation.js';
import {
  InvalidRequest,
  prepareRequest,
  type HttpConfig,
  type PreparedRequest,
} from './http-request.js';
import { retryAfterOf } from './http-retry-after.js';
import { describeResponse, parseBody, receiveBody } from './http-response.js';

const STATUS_CODE = { type: 'integer', minimum: 100, maximum: 599 } as const;
const SHOWN_VALUE = 300;
const DETAILED_VALUE = 4000;

/** Calls a URL; its status, and what is expected of its JSON, decide. */
export function createHttpExecutor(artifacts: ArtifactStore): NodeExecutor {
  return {
    type: 'http',
    summary: 'Calls a URL; its status, and what is expected of its JSON body, decide.',
    resultBasis: () => null,
    configShape: {
      type: 'object',
      properties: {
        method: {
          type: 'string',
          pattern: '^[A-Za-z]{1,20}$',
          patternMessage: 'must be an HTTP method, such as POST',
          default: 'GET',
        },
        url: {
          type: 'string',
          minLength: 1,
          maxLength: 8192,
          description: 'http or https. A user and password in it become an Authorization header.',
        },
        headers: {
          type: 'object',
          propertyNames: {
            pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
            patternMessage: 'must be a name that a header may have, such as X-Tenant',
            maxLength: 256,
          },
          additionalProperties: { type: 'string', maxLength: 16_384 },
          maxProperties: 100,
          description:
            'Added to traceparent, X-Correlation-Id and Idempotency-Key (the id of the attempt), which they may replace.',
        },
        body: {
          description: 'A string is sent as it is, any other JSON value as application/json.',
        },
        expect: {
          type: 'object',
          properties: {
            status: {
              description: 'A status, or any of several. Default: 200 to 299.',
              anyOf: [
                STATUS_CODE,
                { type: 'array', items: STATUS_CODE, minItems: 1, maxItems: 50 },
              ],
            },
            json: {
              description:
                'Every member given here must be in the response and equal; objects there may have more members. Lists must be equal item by item.',
            },
          },
          additionalProperties: false,
        },
      },
      required: ['url'],
      additionalProperties: false,
      examples: [
        { url: 'https://shop.example/health', expect: { status: 200, json: { status: 'ok' } } },
        {
          method: 'POST',
          url: 'https://shop.example/orders',
          headers: { 'X-Tenant': 'acme' },
          body: { sku: 'A-1', count: 2 },
          expect: { status: [200, 201] },
        },
      ],
    },
    upstream: originOf,
    async execute(attempt: AttemptContext): Promise<AttemptResult> {
      const config = attempt.config as unknown as HttpConfig;
      let request: PreparedRequest;
      try {
        request = prepareRequest(config, attempt);
      } catch (error) {
        if (error instanceof InvalidRequest) {
          return failed('non_retryable', error.code, error.message);
        }
        throw error;
      }
      try {
        const response = await fetch(request.url, request.init);
        return await judge(config, request, response, artifacts, attempt);
      } catch (error) {
        return networkFailure(error, request, attempt.signal.aborted);
      }
    },
  };
}

async function judge(
  config: HttpConfig,
  { title, secrets }: PreparedRequest,
  response: Response,
  artifacts: ArtifactStore,
  attempt: AttemptContext,
): Promise<AttemptResult> {
  const expectedJson = config.expect?.json;
  const wanted = expectedJson === undefined ? 'beginning' : 'whole';
  const body = await receiveBody(response, artifacts, attempt, wanted);
  const output = describeResponse(response, body, secrets);

  const expectedStatus = [config.expect?.status ?? []].flat();
  const statusFits =
    expectedStatus.length === 0 ? response.ok : expectedStatus.includes(response.status);
  if (!statusFits) {
    const wish = expectedStatus.length === 0 ? '200 to 299' : expectedStatus.join(' or ');
    const excerpt = clip(output['body'] ?? '', SHOWN_VALUE);
    const retryAfter = retryAfterOf(response.headers.get('retry-after'), Date.now());
    return {
      ...failed(
        'http_status',
        'unexpected_status',
        `${title} answered ${response.status}, expected ${wish}. It said: ${excerpt}`,
        { status: response.status, expected: expectedStatus },
        output,
      ),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    };
  }
  if (expectedJson === undefined) return { status: 'completed', output };

  const { json } = parseBody(body);
  if (json === undefined) {
    return failed(
      'assertion',
      'response_not_json',
      `${title} did not answer JSON that can be compared (at most 16 MiB). Leave expect.json out, or look at the body in the output.`,
      { status: response.status },
      output,
    );
  }
  const differences = mismatches(expectedJson, json);
  const [first] = differences;
  if (first === undefined) return { status: 'completed', output };
  const more = differences.length > 1 ? ` (and ${differences.length - 1} more, see details)` : '';
  return failed(
    'assertion',
    'unexpected_json',
    secrets.hide(`${title}: ${inWords(first)}${more}.`),
    { mismatches: differences.map((each) => secrets.hideIn(bounded(each))) },
    output,
  );
}

function networkFailure(error: unknown, request: PreparedRequest, aborted: boolean): AttemptResult {
  if (aborted) {
    return failed('cancelled', 'aborted', `${request.title} was given up with its attempt.`);
  }
  // fetch says only "fetch failed"; the reason is in the cause.
  const thrown = error as Error;
  const cause = (thrown.cause ?? thrown) as NodeJS.ErrnoException;
  const code = typeof cause.code === 'string' ? cause.code : 'unknown';
  const reason = request.secrets.hide(cause.message || code);
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return failed(
      'non_retryable',
      'invalid_request',
      `${request.title} cannot be sent: ${reason}. Leave out headers that belong to the connection.`,
    );
  }
  return failed(
    'infrastructure',
    'network_error',
    `${request.title} got no answer: ${reason}. Check that the address is right and can be reached from where Baton runs.`,
    { cause: code },
  );
}

/** Whom a request goes to, without what it asks for. */
function originOf(config: JsonObject): string | undefined {
  const { url } = config;
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).origin : undefined;
}

function inWords({ pointer, expected, actual }: Mismatch): string {
  const where = pointer === '' ? 'the body' : `the body at ${pointer}`;
  const found = actual === undefined ? 'nothing is there' : `got ${clip(actual, SHOWN_VALUE)}`;
  return `in ${where} expected ${clip(expected, SHOWN_VALUE)}, ${found}`;
}

/** A mismatch that fits into an error, however large the values are. */
function bounded({ pointer, expected, actual }: Mismatch): JsonObject {
  return {
    pointer,
    expected: boundedValue(expected),
    ...(actual === undefined ? {} : { actual: boundedValue(actual) }),
  };
}

function boundedValue(value: Json): Json {
  return JSON.stringify(value).length <= DETAILED_VALUE ? value : clip(value, DETAILED_VALUE);
}

function clip(value: Json, length: number): string {
  const text = JSON.stringify(value);
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

function failed(
  errorClass: ErrorClass,
  code: string,
  message: string,
  details?: Json,
  output?: Json,
): AttemptResult {
  const error: AttemptError = {
    class: errorClass,
    code,
    message,
    ...(details === undefined ? {} : { details }),
  };
  return { status: 'failed', error, ...(output === undefined ? {} : { output }) };
}
