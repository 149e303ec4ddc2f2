import { afterAll, describe, it } from '@jest/globals';
import { findMongo, type MongoServer } from './mongo-server.js';

/**
 * Runs a suite that wants a MongoDB. Where none can be had the suite is left out, loudly and by name;
 * with REQUIRE_SERVICES=1 it fails instead.
 */
export async function withMongo(suite: string, run: (server: MongoServer) => void): Promise<void> {
  const found = await findMongo();
  if (!('missing' in found)) {
    afterAll(() => found.stop());
    run(found);
    return;
  }
  const why =
    `${suite}: there is no MongoDB to run it on, ${found.missing}. ` +
    'Name one in MONGODB_TEST_URL, or install Java 17 and Maven.';
  describe(suite, () => {
    if (process.env.REQUIRE_SERVICES === '1') {
      it('has a MongoDB to run on', () => {
        throw new Error(why);
      });
    } else {
      process.stderr.write(`\nLEFT OUT  ${why}\n\n`);
      it.skip('is left out: there is no MongoDB', () => undefined);
    }
  });
}
