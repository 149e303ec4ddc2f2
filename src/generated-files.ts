import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApplication } from './application.js';
import { compose } from './composition.js';
import { publishedJobSchema } from './modules/schemas/index.js';
import { envExample, readConfig } from './platform/config/index.js';
import { createLogger } from './platform/logging/index.js';

/** Every file of the repository that is made from the sources, with the text it must have. */
export async function generatedFiles(): Promise<Readonly<Record<string, string>>> {
  const { document, jobSchema } = await describeService();
  return {
    '.env.example': envExample(),
    'openapi/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
    'schemas/job.schema.json': `${JSON.stringify(jobSchema, null, 2)}\n`,
  };
}

/** What the service with the default settings says of itself, and the routes it has. */
export async function describeService(): Promise<{
  readonly document: object;
  readonly jobSchema: object;
  readonly routes: readonly string[];
}> {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-describe-'));
  const logger = createLogger({ level: 'warn', secrets: [] });
  const config = readConfig({ DATA_DIR: folder });
  const service = await compose(config, 'describes, signs nothing', logger);
  try {
    const { app, document, routes } = await createApplication(service.dependencies, service.tokens);
    const described = {
      document: document(),
      jobSchema: publishedJobSchema(service.dependencies.executors),
      routes: routes.list(),
    };
    await app.close();
    return described;
  } finally {
    await service.close();
    rmSync(folder, { recursive: true });
  }
}
