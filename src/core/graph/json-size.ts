/**
 * Bytes of a value written as JSON in UTF-8, without white space. Stops counting above `limit`, so
 * that it takes no longer than that many bytes deserve.
 *
 * @param without an own field of the value itself that does not count.
 */
export function jsonBytes(value: unknown, limit: number, without?: string): number {
  let bytes = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && bytes <= limit) {
    const next = waiting.pop();
    if (typeof next === 'string') bytes += stringBytes(next, limit);
    else if (typeof next !== 'object' || next === null) bytes += String(next).length;
    else if (Array.isArray(next)) {
      bytes += 1 + Math.max(1, next.length);
      if (bytes <= limit) for (const item of next) waiting.push(item);
    } else {
      const before = bytes;
      for (const [key, member] of Object.entries(next)) {
        if (key === without && next === value) continue;
        bytes += stringBytes(key, limit) + 2;
        waiting.push(member);
        if (bytes > limit) break;
      }
      bytes += bytes === before ? 2 : 1;
    }
  }
  return bytes;
}

function stringBytes(text: string, limit: number): number {
  if (text.length > limit) return text.length + 2;
  let bytes = 2;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20) bytes += SHORT_ESCAPES.has(unit) ? 2 : 6;
    else if (unit === 0x22 || unit === 0x5c) bytes += 2;
    else if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit < 0xd800 || unit > 0xdfff) bytes += 3;
    else if (unit < 0xdc00 && isLowSurrogate(text.charCodeAt(at + 1))) {
      bytes += 4;
      at++;
    } else bytes += 6;
  }
  return bytes;
}

/** \b \t \n \f \r */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([8, 9, 10, 12, 13]);

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
