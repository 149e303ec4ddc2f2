import type { JsonObject } from '../core/json.js';

/** A named test that nodes refer to, shared by the users of a tenant. */
export interface TestCase {
  readonly name: string;
  readonly description?: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** `{ junit | ctrf: path or glob }` relative to the working folder. */
  readonly report?: JsonObject;
  /** Seconds. */
  readonly timeout?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
  readonly updatedBy: string;
}

export interface TestCataloguePage {
  readonly cases: readonly TestCase[];
  readonly total: number;
  readonly next?: string;
}

export interface TestCatalogue {
  get(tenantId: string, name: string): Promise<TestCase | undefined>;
  /** Creates or replaces; answers whether it was created. */
  put(tenantId: string, testCase: TestCase): Promise<{ readonly created: boolean }>;
  /** Answers whether there was one. */
  delete(tenantId: string, name: string): Promise<boolean>;
  /** By name; `cursor` is the `next` of the page before. */
  list(tenantId: string, limit: number, cursor?: string): Promise<TestCataloguePage>;
  /** Those of the names that the catalogue does not have, in the order given, each once. */
  missing(tenantId: string, names: readonly string[]): Promise<readonly string[]>;
}
