import { afterEach, beforeEach, describe, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';
import { runTutorial } from '../support/snippets.js';

const FOLDER = 'docs/tutorials';

let service: Service;
beforeEach(async () => {
  // Without a secret in its environment the service makes one, which `baton token` shares.
  service = await startService({ JWT_SECRET_KEY: '' });
});
afterEach(() => service.dispose());

describe('tutorials', () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.md'));

  it.each(files)(
    '%s does what it says',
    async (file) => {
      await runTutorial(path.join(FOLDER, file), service);
    },
    90_000,
  );
});
