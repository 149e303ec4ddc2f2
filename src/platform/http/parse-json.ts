import { setImmediate } from 'node:timers/promises';

/** A text below this is parsed in one go; 7 MB of it take some 60 ms. */
const PIECE_LENGTH = 512 * 1024;
/** Containers within containers that are taken apart; what lies deeper is parsed in one go. */
const MAX_LEVELS = 6;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * `JSON.parse` that lets the event loop turn: a large text is taken apart at the commas of its large
 * arrays and objects, piece by piece. Rejects with the SyntaxError that `JSON.parse` throws.
 */
export async function parseInPieces(text: string, pieceLength = PIECE_LENGTH): Promise<unknown> {
  try {
    return await parsePart(text, pieceLength, MAX_LEVELS);
  } catch {
    // Says what is wrong, and where in the whole text.
    return JSON.parse(text) as unknown;
  }
}

async function parsePart(text: string, pieceLength: number, levels: number): Promise<unknown> {
  const trimmed = text.length > pieceLength ? text.trim() : text;
  const open = trimmed.charCodeAt(0);
  const isContainer = open === OPEN_BRACKET || open === OPEN_BRACE;
  if (trimmed.length <= pieceLength || levels === 0 || !isContainer) {
    await setImmediate();
    return JSON.parse(trimmed) as unknown;
  }
  return open === OPEN_BRACKET
    ? parseArray(trimmed, pieceLength, levels)
    : parseObject(trimmed, pieceLength, levels);
}

async function parseArray(text: string, pieceLength: number, levels: number): Promise<unknown[]> {
  const array: unknown[] = [];
  for (const { members, large } of runsOf(text, pieceLength)) {
    await setImmediate();
    if (large) array.push(await parsePart(members, pieceLength, levels - 1));
    else for (const value of JSON.parse(`[${members}]`) as unknown[]) array.push(value);
  }
  return array;
}

async function parseObject(text: string, pieceLength: number, levels: number): Promise<object> {
  const object = {};
  for (const { members, large } of runsOf(text, pieceLength)) {
    await setImmediate();
    if (!large) {
      for (const [key, value] of Object.entries(JSON.parse(`{${members}}`) as object)) {
        setOwn(object, key, value);
      }
      continue;
    }
    const colon = keyEnd(members);
    const key = JSON.parse(members.slice(0, colon)) as unknown;
    if (typeof key !== 'string') throw new SyntaxError('a key is not a string');
    setOwn(object, key, await parsePart(members.slice(colon + 1), pieceLength, levels - 1));
  }
  return object;
}

/** As JSON.parse does it: `__proto__` is a key like any other, and reaches no prototype. */
function setOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

interface Run {
  readonly members: string;
  /** One member, too large to be parsed in one go. */
  readonly large: boolean;
}

/**
 * The members of a container in runs of about a piece each, cut at its own commas. Throws, or yields
 * what does not parse, when the container is not well-formed: if every run parses, so does the whole.
 */
function* runsOf(container: string, pieceLength: number): Generator<Run> {
  const run = (from: number, to: number, large: boolean): Run => {
    const members = container.slice(from, to);
    // An empty run would parse, and hide a comma that stands there for nothing.
    if (!/\S/.test(members)) throw new SyntaxError('a member is missing');
    return { members, large };
  };
  let runStart = 1;
  for (const [memberStart, memberEnd] of membersOf(container)) {
    if (memberEnd - memberStart > 2 * pieceLength) {
      if (memberStart > runStart) yield run(runStart, memberStart - 1, false);
      yield run(memberStart, memberEnd, true);
      runStart = memberEnd + 1;
    } else if (memberEnd - runStart > pieceLength) {
      yield run(runStart, memberEnd, false);
      runStart = memberEnd + 1;
    }
  }
  if (runStart < container.length) yield run(runStart, container.length - 1, false);
}

/** Where the members of a container begin and end: what lies between its own commas. */
function* membersOf(container: string): Generator<readonly [start: number, end: number]> {
  let depth = 0;
  let start = 1;
  const last = container.length - 1;
  for (let at = 0; at < last; at++) {
    switch (container.charCodeAt(at)) {
      case QUOTE:
        at = stringEnd(container, at);
        break;
      case OPEN_BRACKET:
      case OPEN_BRACE:
        depth++;
        break;
      case CLOSE_BRACKET:
      case CLOSE_BRACE:
        depth--;
        if (depth === 0) throw new SyntaxError('it goes on after its end');
        break;
      case COMMA:
        if (depth !== 1) break;
        yield [start, at];
        start = at + 1;
        break;
    }
  }
  const close = container.charCodeAt(0) === OPEN_BRACKET ? CLOSE_BRACKET : CLOSE_BRACE;
  if (depth !== 1 || container.charCodeAt(last) !== close) throw new SyntaxError('it does not end');
  yield [start, last];
}

/** The index of the quote that ends the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  throw new SyntaxError('a string does not end');
}

function keyEnd(member: string): number {
  const quote = member.indexOf('"');
  const colon = quote === -1 ? -1 : member.indexOf(':', stringEnd(member, quote));
  if (colon === -1) throw new SyntaxError('a key is missing');
  return colon;
}
