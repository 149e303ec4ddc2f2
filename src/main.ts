import 'reflect-metadata';
import { createApplication } from './application.js';
import { compose } from './composition.js';
import { InvalidConfiguration, jwtSecret, readConfig } from './platform/config/index.js';
import type { Config } from './platform/config/index.js';
import { createLogger } from './platform/logging/index.js';
import { onFirstSignal } from './platform/shutdown.js';
import { startProblem } from './platform/start-problem.js';

/** sysexits.h: something is wrong with the configuration. */
const EX_CONFIG = 78;

function configuration(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof InvalidConfiguration)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EX_CONFIG);
  }
}

async function serve(config: Config): Promise<void> {
  const secret = jwtSecret(config);
  const logger = createLogger({ level: config.logLevel, secrets: [secret] });
  process.on('uncaughtException', (error) => {
    // Nothing that was accepted is lost: the next start takes it up from the store.
    logger.error({ err: error }, 'unexpected error; the service ends');
    process.exit(1);
  });

  if (config.database.kind === 'mongodb' && config.jwtSecret === undefined) {
    logger.warn({}, 'JWT_SECRET_KEY is not given: tokens made here are good at this instance only');
  }
  const service = await compose(config, secret, logger);
  const { app } = await createApplication(service.dependencies, service.tokens);
  onFirstSignal(async (signal) => {
    logger.info({ signal, grace_s: config.shutdownGrace }, 'stopping');
    await service.stop(config.shutdownGrace * 1000);
    await app.close();
    await service.close();
    logger.info({}, 'stopped');
  });

  await app.listen(config.port, config.host);
  await service.start();
  const url = await app.getUrl();
  logger.info({ url, docs: `${url}/docs`, pid: process.pid }, `Baton is ready at ${url}`);
}

const config = configuration();
try {
  await serve(config);
} catch (error) {
  process.stderr.write(`Baton could not start. ${startProblem(error, config)}\n`);
  process.exit(1);
}
