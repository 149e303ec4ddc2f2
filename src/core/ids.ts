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

/** A job's id: `job_` and a {@link sortableId}. */
export function jobId(timeMs: number, random: Uint8Array): string {
  return `job_${sortableId(timeMs, random)}`;
}
