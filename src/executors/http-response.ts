import type { Json, JsonObject } from '../core/json.js';
import { MAX_NESTING, nestsDeeper } from '../core/json-nesting.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { AttemptRef } from '../ports/node-executor.js';
import { REDACTED, type RequestSecrets } from './http-secrets.js';

export const MAX_INLINE_BODY = 256 * 1024;
/** Bodies up to here are looked into by `expect.json`. */
const MAX_PARSED_BODY = 16 * 1024 * 1024;
/** Bytes of a body that are kept as an artifact; what is beyond is not even read. */
const MAX_KEPT_BODY = 64 * 1024 * 1024;
const BODY_ARTIFACT = 'response-body';

/** Headers that help to understand a response and carry no secrets. */
const SHOWN_HEADERS = [
  'content-type',
  'content-length',
  'content-encoding',
  'cache-control',
  'date',
  'etag',
  'last-modified',
  'location',
  'retry-after',
  'server',
  'x-request-id',
  'x-correlation-id',
] as const;

export interface ReceivedBody {
  /** As much as was kept in memory. */
  readonly bytes: Uint8Array;
  /** Bytes in all; a lower bound when the body was longer than can be kept. */
  readonly size: number;
  readonly complete: boolean;
  readonly artifact?: string;
}

/** Reads a body; one over {@link MAX_INLINE_BODY} goes to the attempt's artifact `response-body`. */
export async function receiveBody(
  response: Response,
  artifacts: ArtifactStore,
  attempt: AttemptRef,
  wanted: 'whole' | 'beginning',
): Promise<ReceivedBody> {
  const keep = wanted === 'whole' ? MAX_PARSED_BODY : MAX_INLINE_BODY;
  const kept: Uint8Array[] = [];
  let keptSize = 0;
  let size = 0;
  let writer;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      writer?.write(chunk);
      if (keptSize < keep || writer === undefined) {
        kept.push(chunk);
        keptSize += chunk.length;
      }
      if (size > MAX_INLINE_BODY && writer === undefined) {
        writer = artifacts.create(
          {
            tenantId: attempt.tenantId,
            jobId: attempt.jobId,
            nodeId: attempt.nodeId,
            attempt: attempt.attempt,
            name: BODY_ARTIFACT,
          },
          MAX_KEPT_BODY,
        );
        for (const early of kept) writer.write(early);
      }
      await writer?.drain();
      if (size > MAX_KEPT_BODY) break;
    }
  } finally {
    await writer?.close();
  }
  const bytes = Buffer.concat(kept);
  return {
    bytes,
    size,
    complete: bytes.length === size && size <= MAX_PARSED_BODY,
    ...(writer === undefined ? {} : { artifact: BODY_ARTIFACT }),
  };
}

/** The value that a body holds, if it is whole, JSON, and not nested beyond reason. */
export function parseBody(body: ReceivedBody): { readonly json?: Json } {
  if (!body.complete) return {};
  try {
    const json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body.bytes)) as Json;
    return nestsDeeper(json, MAX_NESTING) ? {} : { json };
  } catch {
    return {};
  }
}

/** What the node's output says of a response: at most {@link MAX_INLINE_BODY} of its body. */
export function describeResponse(
  response: Response,
  body: ReceivedBody,
  secrets: RequestSecrets,
): JsonObject {
  const headers: Record<string, string> = {};
  for (const name of SHOWN_HEADERS) {
    const value = response.headers.get(name);
    if (value === null) continue;
    headers[name] = secrets.hide(name === 'location' ? withoutCredentials(value) : value);
  }
  const described: Record<string, Json> = { status: response.status, headers };
  if (body.size > MAX_INLINE_BODY) {
    described['truncated'] = true;
    described['body_bytes'] = body.size;
    if (body.artifact !== undefined) described['artifact'] = body.artifact;
  } else if (/[/+]json\b/i.test(response.headers.get('content-type') ?? '')) {
    const { json } = parseBody(body);
    if (json !== undefined) return { ...described, body: secrets.hideIn(json) };
  }
  return { ...described, ...describeBytes(body.bytes, secrets) };
}

function describeBytes(bytes: Uint8Array, secrets: RequestSecrets): JsonObject {
  const whole = bytes.length <= MAX_INLINE_BODY;
  const shown = bytes.subarray(0, MAX_INLINE_BODY);
  try {
    // A character that the cut has split is left out.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(shown, { stream: !whole });
    return { body: secrets.hide(text) };
  } catch {
    const most = Math.floor(MAX_INLINE_BODY / 4) * 3;
    const base64 = Buffer.from(shown.subarray(0, most)).toString('base64');
    return {
      body: base64,
      body_encoding: 'base64',
      ...(bytes.length > most ? { truncated: true } : {}),
    };
  }
}

function withoutCredentials(location: string): string {
  return location.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i, `$1//${REDACTED}@`);
}
