import type { Json } from '../core/json.js';
import type { AttemptContext } from '../ports/node-executor.js';
import { readableUrl, RequestSecrets } from './http-secrets.js';

export interface HttpConfig {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  readonly expect?: {
    readonly status?: number | readonly number[];
    readonly json?: Json;
  };
}

export interface PreparedRequest {
  readonly url: URL;
  readonly init: RequestInit;
  readonly secrets: RequestSecrets;
  /** `GET http://host/path`, fit to be shown. */
  readonly title: string;
}

/** The config asks for what cannot be sent. */
export class InvalidRequest extends Error {
  readonly code = 'invalid_request';
}

/** Turns a config into a request. Throws {@link InvalidRequest}. */
export function prepareRequest(config: HttpConfig, attempt: AttemptContext): PreparedRequest {
  const given = parseUrl(config.url);
  const method = (config.method ?? 'GET').toUpperCase();
  const title = `${method} ${readableUrl(given)}`;
  const headers = new Headers();
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined || headers.has(name)) return;
    try {
      headers.set(name, value);
    } catch {
      // Its own message would show the value.
      throw new InvalidRequest(
        `The header ${JSON.stringify(name)} cannot be sent: its name or value holds characters that HTTP does not allow.`,
      );
    }
  };
  for (const [name, value] of Object.entries(config.headers ?? {})) set(name, value);
  // fetch refuses credentials in a URL; what a browser makes of them is this header.
  set('authorization', basicCredentials(given));
  set('traceparent', attempt.traceparent);
  set('x-correlation-id', attempt.correlationId);
  set('idempotency-key', attempt.attemptId);

  const init: RequestInit = { method, headers, signal: attempt.signal };
  if (config.body !== undefined) {
    if (method === 'GET' || method === 'HEAD') {
      throw new InvalidRequest(`A ${method} request has no body. Leave body out or set method.`);
    }
    const isText = typeof config.body === 'string';
    set('content-type', isText ? 'text/plain; charset=utf-8' : 'application/json');
    init.body = isText ? config.body : JSON.stringify(config.body);
  }
  // Who expects a redirect wants to see it, not where it leads.
  const expected = [config.expect?.status ?? []].flat();
  init.redirect = expected.some((status) => status >= 300 && status < 400) ? 'manual' : 'follow';

  const secrets = new RequestSecrets(Object.fromEntries(headers), given);
  const url = new URL(given);
  url.username = '';
  url.password = '';
  return { url, init, secrets, title };
}

function parseUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InvalidRequest('The url cannot be read. Give it whole, as in http://host:80/path.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new InvalidRequest(
      `The url starts with ${JSON.stringify(url.protocol)}; only http: and https: can be called.`,
    );
  }
  return url;
}

function basicCredentials(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  let pair = `${url.username}:${url.password}`;
  try {
    pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  } catch {
    // A stray % means itself.
  }
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
