import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { createApplication } from '../../../src/application.js';
import { openStore } from '../../../src/composition-store.js';
import { compose } from '../../../src/composition.js';
import { jwtSecret, readConfig } from '../../../src/platform/config/index.js';
import { createLogger } from '../../../src/platform/logging/index.js';
import { CrashPoint } from './crash-point.js';
import { faultyJournal } from './faulty-journal.js';
import { faultyMongoProjection, faultySqliteProjection } from './faulty-projection.js';
import { HELD_ATTEMPT, type Point } from './points.js';

/** An attempt is a process: that it runs is seen in the ledger. */
const LOOK_MS = 10;

/*
 * The service as src/main.ts puts it together, stopping at one point: FAULT_POINT, after having passed
 * it FAULT_PASSES times. Its jobs' commands write to FAULT_LEDGER.
 */
const point = new CrashPoint(
  process.env['FAULT_POINT'] as Point,
  Number(process.env['FAULT_PASSES'] ?? 0),
);
faultyMongoProjection(point);
faultySqliteProjection(point);
const ledger = process.env['FAULT_LEDGER'] ?? '';
setInterval(() => {
  if (readFileSync(ledger, 'utf8').includes(HELD_ATTEMPT)) point.at('during-attempt');
}, LOOK_MS);

const config = readConfig(process.env);
const secret = jwtSecret(config);
const logger = createLogger({ level: config.logLevel, secrets: [secret] });
const service = await compose(config, secret, logger, async (...args) => {
  const store = await openStore(...args);
  return { ...store, journal: faultyJournal(store.journal, point) };
});
const { app } = await createApplication(service.dependencies, service.tokens);
await app.listen(config.port, config.host);
await service.start();
