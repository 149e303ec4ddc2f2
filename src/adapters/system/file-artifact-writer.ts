import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactWriter } from '../../ports/artifact-store.js';

const REPLACE = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_TRUNC;

export interface FileArtifactWriterOptions {
  readonly file: string;
  readonly capBytes: number;
  readonly append: boolean;
  /** Called at most once; after it nothing more is written. */
  readonly onError: (error: Error) => void;
}

/** Writes one artifact in the background, in order, several chunks to a system call. */
export class FileArtifactWriter implements ArtifactWriter {
  readonly #options: FileArtifactWriterOptions;
  #handle: FileHandle | undefined;
  #waiting: Uint8Array[] = [];
  #flushing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** Bytes on disk, or on their way there. */
  #size = 0;
  #dropped = 0;
  #broken = false;

  constructor(options: FileArtifactWriterOptions) {
    this.#options = options;
    // Opened at once, so that an empty artifact exists too.
    this.#flushing = this.#run(() => this.#open());
  }

  write(bytes: Uint8Array): void {
    if (this.#closing !== undefined || this.#broken || bytes.length === 0) return;
    // The caller may use its buffer again as soon as this returns.
    this.#waiting.push(Uint8Array.prototype.slice.call(bytes));
    this.#flushing ??= this.#run(() => this.#flush());
  }

  async drain(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await this.drain();
    if (this.#dropped > 0) {
      const note = `\n[baton] cut here: ${String(this.#dropped)} more bytes were dropped, ${String(this.#options.capBytes)} are kept at most\n`;
      await this.#run(() => this.#put([Buffer.from(note)]));
    }
    await this.#run(async () => this.#handle?.close());
  }

  async #open(): Promise<void> {
    await mkdir(path.dirname(this.#options.file), { recursive: true });
    // Also when replacing: commands that share a log each write at its end.
    this.#handle = await open(this.#options.file, this.#options.append ? 'a' : REPLACE);
    if (this.#options.append) this.#size = (await this.#handle.stat()).size;
    await this.#flush();
  }

  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const chunks = this.#waiting;
      this.#waiting = [];
      await this.#put(this.#withinCap(chunks));
    }
  }

  #withinCap(chunks: readonly Uint8Array[]): Uint8Array[] {
    const kept: Uint8Array[] = [];
    for (const chunk of chunks) {
      const room = Math.max(0, this.#options.capBytes - this.#size);
      const part = chunk.length <= room ? chunk : chunk.subarray(0, room);
      if (part.length > 0) kept.push(part);
      this.#size += part.length;
      this.#dropped += chunk.length - part.length;
    }
    return kept;
  }

  async #put(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.length === 0) return;
    const bytes = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = (await this.#handle?.write(bytes, written)) ?? { bytesWritten: 0 };
      if (bytesWritten === 0) throw new Error('the file takes no more bytes');
      written += bytesWritten;
    }
  }

  /** Nothing that happens to an artifact may fail the attempt it belongs to. */
  async #run(step: () => Promise<void>): Promise<void> {
    try {
      if (!this.#broken) await step();
    } catch (error) {
      this.#broken = true;
      this.#waiting = [];
      void this.#handle?.close().catch(() => undefined);
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    }
    // What was written while the last step was ending has found it still under way.
    this.#flushing = this.#waiting.length > 0 ? this.#run(() => this.#flush()) : undefined;
  }
}
