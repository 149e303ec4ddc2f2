import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Remembers in a data folder under which id the process that has the folder drives jobs. The next one
 * to have it knows by that which instance is over, and need not wait until the others notice.
 */
export class InstanceFile {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = path.join(dataDir, 'instance-id');
  }

  /** The id noted last; `undefined` when there is none that can be read. */
  read(): string | undefined {
    try {
      const id = readFileSync(this.#file, 'utf8').trim();
      return id === '' ? undefined : id;
    } catch {
      return undefined;
    }
  }

  note(id: string): void {
    writeFileSync(this.#file, `${id}\n`);
  }
}
