import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder for one test's database. */
export class StoreFolder {
  readonly path = mkdtempSync(path.join(os.tmpdir(), 'baton-store-'));

  get database(): string {
    return path.join(this.path, 'baton.db');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
