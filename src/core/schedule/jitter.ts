/**
 * By how much a firing is put off, in whole milliseconds from 0 up to and without `jitter`: a number
 * that follows from the schedule and the firing time alone, and is spread evenly over both.
 */
export function jitterOf(scheduleId: string, firing: number, jitter: number): number {
  return jitter === 0 ? 0 : Math.floor((hash(`${scheduleId}/${firing}`) / 2 ** 32) * jitter);
}

/** 32 bits: FNV-1a, with the last mixing of MurmurHash3, since FNV leaves the high bits of like texts alike. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
