import type { Json } from '../core/json.js';

const SECRET_HEADER =
  /^(proxy-)?authorization$|^cookie$|^x-auth|token|secret|password|api-?key|credential|signature/i;
/** Shorter values are found in too many innocent places. */
const SHORTEST = 6;
/** Of cookies, most hold no secret but a choice, such as `theme=dark`. */
const SHORTEST_COOKIE = 8;
export const REDACTED = '[redacted]';

/** What a request carries that must not come back in outputs and errors, whoever repeats it. */
export class RequestSecrets {
  readonly #values: readonly string[];

  constructor(headers: Readonly<Record<string, string>>, url: URL) {
    const values = new Set<string>([url.password]);
    addCredentials(values, `${decode(url.username)}:${decode(url.password)}`);
    for (const [name, value] of Object.entries(headers)) {
      if (!SECRET_HEADER.test(name)) continue;
      values.add(value);
      if (/^cookie$/i.test(name)) {
        for (const cookie of value.split(/;\s*/)) {
          const content = cookie.slice(cookie.indexOf('=') + 1);
          if (content.length >= SHORTEST_COOKIE) values.add(content);
        }
      }
      const [, scheme, credentials] = /^([A-Za-z]+)\s+(.+)$/.exec(value) ?? [];
      if (credentials === undefined) continue;
      values.add(credentials);
      if (scheme?.toLowerCase() === 'basic') {
        addCredentials(values, Buffer.from(credentials, 'base64').toString());
      }
    }
    this.#values = [...values]
      .filter((value) => value.length >= SHORTEST)
      .sort((a, b) => b.length - a.length);
  }

  /** The text without the secrets. */
  hide(text: string): string {
    let hidden = text;
    for (const value of this.#values) hidden = hidden.replaceAll(value, REDACTED);
    return hidden;
  }

  /** The value without the secrets, in its keys too. */
  hideIn(value: Json): Json {
    if (this.#values.length === 0) return value;
    if (typeof value === 'string') return this.hide(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item: Json) => this.hideIn(item));
    return Object.fromEntries(
      Object.entries(value).map(([key, member]: [string, Json]) => [
        this.hide(key),
        this.hideIn(member),
      ]),
    );
  }
}

/** A URL for people to read: without user, password, and the values that a query or fragment holds. */
export function readableUrl(url: URL): string {
  const query = url.search === '' ? '' : '?…';
  return `${url.protocol}//${url.host}${url.pathname}${query}`;
}

function addCredentials(values: Set<string>, pair: string): void {
  const colon = pair.indexOf(':');
  if (colon < 0 || pair.length === colon + 1) return;
  values.add(pair);
  values.add(pair.slice(colon + 1));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
