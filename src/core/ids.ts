const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;

/** How many random bytes an id takes. */
export const ID_RANDOM_BYTES = 10;

/**
 * A ULID in lower case: 48 bits of time and 80 of randomness in 26 characters, which sort by time.
 * `timeMs` is epoch milliseconds; `random` holds at least {@link ID_RANDOM_BYTES} bytes.
 */
export function sortableId(timeMs: number, random: Uint8Array): string {
  let time = Math.floor(timeMs);
  let text = '';
  for (let digit = 0; digit < TIME_DIGITS; digit++) {
    text = CROCKFORD.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  let bits = 0;
  let held = 0;
  let next = 0;
  for (let digit = 0; digit < RANDOM_DIGITS; digit++) {
    if (held < 5) {
      bits = ((bits & 31) << 8) | (random[next++] ?? 0);
      held += 8;
    }
    held -= 5;
    text += CROCKFORD.charAt((bits >> held) & 31);
  }
  return text;
}

/**
 * The id of a job that belongs to an attempt of another: always the same one, so that whoever makes
 * the job again finds that it is there. `key` names the attempt.
 */
export function derivedJobId(timeMs: number, key: string): string {
  const words = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b].map((seed) => hash(key, seed));
  const bytes = words.flatMap((word) => [
    word >>> 24,
    (word >>> 16) & 255,
    (word >>> 8) & 255,
    word & 255,
  ]);
  return jobId(timeMs, Uint8Array.from(bytes.slice(0, ID_RANDOM_BYTES)));
}

/** FNV-1a with a finish of MurmurHash3, so that every bit of the text reaches every bit. */
function hash(text: string, seed: number): number {
  let mixed = seed;
  for (let at = 0; at < text.length; at++) {
    mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
  }
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A job's id: `job_` and a {@link sortableId}. */
export function jobId(timeMs: number, random: Uint8Array): string {
  return `job_${sortableId(timeMs, random)}`;
}
