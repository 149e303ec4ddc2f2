// eslint-disable-next-line no-control-regex -- terminal escape sequences are control characters
const ANSI = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
// eslint-disable-next-line no-control-regex -- all but tab and line feed are dropped
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text fit for JSON and terminals: no colours, no control characters but tab and line feed. */
export function plainText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(ANSI, '').replace(CONTROLS, '');
}

/**
 * The text, cut to at most `maxBytes` of UTF-8; what was cut is said at the end, within the bound.
 * `unseen` is the number of bytes that were dropped before and count as left out too.
 */
export function clipText(text: string, maxBytes: number, unseen = 0): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes && unseen === 0) return text;
  const budget = Math.max(0, Math.min(bytes.length, maxBytes - 40));
  let end = budget;
  // A byte 10xxxxxx continues a character: step back to where that character begins.
  while (end > 0 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  const leftOut = bytes.length - end + unseen;
  return `${bytes.subarray(0, end).toString('utf8')}… (${leftOut} bytes left out)`;
}

/** Gathers text that may be very long, keeping only as much of its start as will be shown. */
export class TextCollector {
  private kept = '';
  private dropped = 0;

  constructor(private readonly maxChars: number) {}

  add(text: string): void {
    const room = this.maxChars - this.kept.length;
    this.kept += text.slice(0, Math.max(0, room));
    if (text.length > room)
      this.dropped += Buffer.byteLength(text.slice(Math.max(0, room)), 'utf8');
  }

  /** At most `maxBytes` of it, plain and trimmed. */
  take(maxBytes: number): string {
    return clipText(plainText(this.kept).trim(), maxBytes, this.dropped);
  }
}
