import { setImmediate } from 'node:timers/promises';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RequestProblem } from '../errors/problem.js';
import { parseInPieces } from './parse-json.js';

/** Above this, each step of reading a body has a turn of the event loop of its own. */
const LARGE_BYTES = 256 * 1024;
const VISITS_PER_TURN = 50_000;
const HINT = 'Send one JSON document in UTF-8, with the header Content-Type: application/json.';
const POISON =
  /"(?:_|\\u005[fF]){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006[fF])(?:t|\\u0074)(?:o|\\u006[fF])(?:_|\\u005[fF]){2}"\s*:|"(?:c|\\u0063)(?:o|\\u006[fF])(?:n|\\u006[eE])(?:s|\\u0073)(?:t|\\u0074)(?:r|\\u0072)(?:u|\\u0075)(?:c|\\u0063)(?:t|\\u0074)(?:o|\\u006[fF])(?:r|\\u0072)"\s*:/;

const rawBodies = new WeakMap<object, Buffer>();

/** Marks a route that takes a body and goes without: clients name a content type either way. */
export const BodyOptional = (): MethodDecorator => RouteConfig({ bodyOptional: true });

function mayBeEmpty(request: FastifyRequest): boolean {
  const { bodyOptional } = request.routeOptions.config as { readonly bodyOptional?: boolean };
  return request.method === 'DELETE' || bodyOptional === true;
}

/** The bytes of a JSON body as they came; `undefined` when there was none. */
export function rawBodyOf(request: FastifyRequest): Buffer | undefined {
  return rawBodies.get(request.raw);
}

/** Makes JSON the only kind of body there is, read without ever holding the event loop for long. */
export function acceptJsonOnly(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0 && mayBeEmpty(request)) return undefined;
      rawBodies.set(request.raw, body);
      return parseJson(body);
    },
  );
}

/** Rejects with `malformed_json` or `forbidden_key`. */
export async function parseJson(body: Buffer): Promise<unknown> {
  if (body.length === 0) throw new RequestProblem('malformed_json', `The body is empty. ${HINT}`);
  const large = body.length > LARGE_BYTES;
  const text = decode(body);
  if (large) await setImmediate();
  const value = await parse(text);
  if (large) await setImmediate();
  if (POISON.test(text)) await refusePoison(value);
  return value;
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new RequestProblem('malformed_json', `The body is not UTF-8. ${HINT}`);
  }
}

async function parse(text: string): Promise<unknown> {
  try {
    return await parseInPieces(text);
  } catch (error) {
    // V8 quotes the body in its message, which may hold what must not be repeated.
    const [, position] = /position (\d+)/.exec(String(error)) ?? [];
    const where =
      position === undefined
        ? 'It ends too early or starts wrong.'
        : placeOf(text, Number(position));
    throw new RequestProblem('malformed_json', `The body is not JSON. ${where} ${HINT}`);
  }
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  return `It breaks off at line ${line}, column ${position - before.lastIndexOf('\n')}.`;
}

/** Keys that reach an object's prototype where a document is copied carelessly. */
async function refusePoison(root: unknown): Promise<void> {
  const open: unknown[] = [root];
  for (let visits = 1; open.length > 0; visits++) {
    if (visits % VISITS_PER_TURN === 0) await setImmediate();
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__')) throw forbidden('__proto__');
    if (Object.hasOwn(value, 'constructor')) {
      const nested = (value as { readonly constructor: unknown }).constructor;
      if (typeof nested === 'object' && nested !== null && Object.hasOwn(nested, 'prototype')) {
        throw forbidden('constructor.prototype');
      }
    }
    for (const child of Object.values(value)) open.push(child);
  }
}

function forbidden(key: string): RequestProblem {
  return new RequestProblem(
    'forbidden_key',
    `The body has a key ${key}, which is refused wherever it stands. Take it out.`,
  );
}
