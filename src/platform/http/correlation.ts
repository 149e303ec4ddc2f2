import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

/** What ties a request to its log lines, its job and the calls made for it. */
export interface Correlation {
  /** From X-Correlation-Id, or made. */
  readonly correlationId: string;
  readonly traceId: string;
  /** W3C trace context of this request's own span, to be handed on. */
  readonly traceparent: string;
}

const SAFE_ID = /^[\w.:@/+=-]{1,128}$/;
/** Version 00 is exactly these four fields; a later version may carry more behind them. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Reads the headers; what is not well-formed is as good as absent, as W3C Trace Context says. */
export function readCorrelation(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Correlation {
  const given = headers['x-correlation-id'];
  const trace = readTraceparent(headers['traceparent']);
  const traceId = trace?.traceId ?? randomBytes(16).toString('hex');
  return {
    correlationId:
      typeof given === 'string' && SAFE_ID.test(given) ? given : randomBytes(16).toString('hex'),
    traceId,
    traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-${trace?.flags ?? '00'}`,
  };
}

function readTraceparent(
  header: string | string[] | undefined,
): { traceId: string; flags: string } | undefined {
  if (typeof header !== 'string') return undefined;
  const match = TRACEPARENT.exec(header);
  const [, version, traceId, , flags, rest] = match ?? [];
  if (traceId === undefined || flags === undefined) return undefined;
  if (version === '00' && rest !== undefined) return undefined;
  return { traceId, flags };
}

const correlations = new WeakMap<object, Correlation>();

/** The correlation of a request, read from its headers the first time it is asked for. */
export function correlationOf(request: FastifyRequest): Correlation {
  const known = correlations.get(request.raw);
  if (known !== undefined) return known;
  const read = readCorrelation(request.headers);
  correlations.set(request.raw, read);
  return read;
}

/** The path of a request without its query, which may hold what must not be repeated. */
export function pathOf(request: FastifyRequest): string {
  const [path = '/'] = request.url.split('?', 1);
  return path.length > 512 ? `${path.slice(0, 512)}…` : path;
}
