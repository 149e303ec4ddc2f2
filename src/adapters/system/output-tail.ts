import { stripVTControlCharacters } from 'node:util';

/** Remembers the end of what a command printed. */
export class OutputTail {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #cut = false;

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk.length > this.#limit ? chunk.slice(-this.#limit) : chunk);
    this.#size += chunk.length;
    if (this.#size > this.#limit * 8 || this.#chunks.length > 256) this.#compact();
  }

  /** Whole lines of readable text where possible: no colour codes, no control characters. */
  text(): string {
    this.#compact();
    let text = Buffer.concat(this.#chunks).toString('utf8');
    const firstLineEnd = text.indexOf('\n');
    if (this.#cut && firstLineEnd >= 0 && firstLineEnd < text.length - 1) {
      text = text.slice(firstLineEnd + 1);
    }
    // eslint-disable-next-line no-control-regex -- these are what is taken out
    text = stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
    const bytes = Buffer.from(text.trimEnd());
    // Bytes that are no text become longer by being shown as such.
    return bytes.length <= this.#limit
      ? bytes.toString()
      : bytes
          .subarray(-this.#limit)
          .toString()
          .replace(/^\ufffd+/, '');
  }

  #compact(): void {
    const all = Buffer.concat(this.#chunks);
    this.#cut ||= this.#size > this.#limit;
    const kept = all.subarray(Math.max(0, all.length - this.#limit));
    this.#chunks = [Uint8Array.prototype.slice.call(kept)];
    this.#size = kept.length;
  }
}
