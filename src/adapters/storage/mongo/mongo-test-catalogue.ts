import { decodeNameCursor, encodeNameCursor } from '../list-cursor.js';
import type { TestCase, TestCatalogue, TestCataloguePage } from '../../../ports/test-catalogue.js';
import { testCaseKey } from './keys.js';
import { DURABLE, type Connection } from './mongo-connection.js';
import { isDuplicate } from './mongo-errors.js';

/** The test catalogue in MongoDB. Names are ordered by their UTF-8 bytes. */
export class MongoTestCatalogue implements TestCatalogue {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get(tenantId: string, name: string): Promise<TestCase | undefined> {
    return this.#connection.call(async () => {
      const found = await this.#connection.testCases.findOne({ _id: testCaseKey(tenantId, name) });
      return found === null ? undefined : decode(found.body);
    });
  }

  put(tenantId: string, testCase: TestCase): Promise<{ readonly created: boolean }> {
    return this.#connection.call(async () => {
      const put = (): Promise<boolean> => this.#put(tenantId, testCase);
      try {
        return { created: await put() };
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        // Two created it at once; the one that comes second replaces it.
        return { created: await put() };
      }
    });
  }

  delete(tenantId: string, name: string): Promise<boolean> {
    return this.#connection.call(async () => {
      const { deletedCount } = await this.#connection.testCases.deleteOne(
        { _id: testCaseKey(tenantId, name) },
        DURABLE,
      );
      return deletedCount === 1;
    });
  }

  list(tenantId: string, limit: number, cursor?: string): Promise<TestCataloguePage> {
    return this.#connection.call(async () => {
      const after = cursor === undefined ? '' : decodeNameCursor(cursor);
      const { testCases } = this.#connection;
      const [found, total] = await Promise.all([
        testCases
          .find({ tenant: tenantId, name: { $gt: after } })
          .sort({ name: 1 })
          .limit(limit + 1)
          .toArray(),
        testCases.countDocuments({ tenant: tenantId }),
      ]);
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return {
        cases: shown.map(({ body }) => decode(body)),
        total,
        ...(found.length > limit && last !== undefined
          ? { next: encodeNameCursor(last.name) }
          : {}),
      };
    });
  }

  missing(tenantId: string, names: readonly string[]): Promise<readonly string[]> {
    return this.#connection.call(async () => {
      const keys = new Map(names.map((name) => [testCaseKey(tenantId, name), name]));
      if (keys.size === 0) return [];
      const found = await this.#connection.testCases
        .find({ _id: { $in: [...keys.keys()] } }, { projection: { _id: 1 } })
        .toArray();
      for (const { _id } of found) keys.delete(_id);
      return [...keys.values()];
    });
  }

  async #put(tenant: string, testCase: TestCase): Promise<boolean> {
    const { name } = testCase;
    const { upsertedCount } = await this.#connection.testCases.updateOne(
      { _id: testCaseKey(tenant, name) },
      { $set: { tenant, name, body: JSON.stringify(testCase) } },
      { upsert: true, ...DURABLE },
    );
    return upsertedCount === 1;
  }
}

function decode(body: string): TestCase {
  return JSON.parse(body) as TestCase;
}
