import type { Readable } from 'node:stream';
import type { ArtifactWriter } from '../../ports/artifact-store.js';
import type { OutputTail } from './output-tail.js';

/** Bytes on their way to disk at which a command is made to wait. */
const HIGH_WATER = 1024 * 1024;

/** Carries what a command prints to its log, no faster than the disk takes it. */
export class OutputPump {
  readonly #log: ArtifactWriter;
  readonly #tail: OutputTail;
  readonly #streams: Readable[] = [];
  #unwritten = 0;
  #waiting = false;

  constructor(log: ArtifactWriter, tail: OutputTail) {
    this.#log = log;
    this.#tail = tail;
  }

  add(stream: Readable): void {
    this.#streams.push(stream);
    // A pipe that breaks has nothing more to give; how the command ended is told by its exit.
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => {
      this.#tail.push(chunk);
      this.#log.write(chunk);
      this.#unwritten += chunk.length;
      if (this.#unwritten >= HIGH_WATER && !this.#waiting) void this.#wait();
    });
  }

  /** Gives up on streams that something still holds open. */
  abandon(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #wait(): Promise<void> {
    this.#waiting = true;
    for (const stream of this.#streams) stream.pause();
    await this.#log.drain();
    this.#unwritten = 0;
    this.#waiting = false;
    for (const stream of this.#streams) stream.resume();
  }
}
