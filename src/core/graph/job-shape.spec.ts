import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { JITTERS, RETRY_STRATEGIES } from '../retry/retry-policy.js';
import { checkShape } from './check-shape.js';
import { ON_FAILURE, TRIGGER_RULES } from './definition.js';
import { jobSchema, jobShape } from './job-shape.js';
import { NODE_TYPES } from './node-types.fixture.js';

const ID = 'https://baton.test/schemas/job.schema.json';
const shape = jobShape(NODE_TYPES);
const conforms = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(
  jobSchema(NODE_TYPES, ID),
);

const ids = fc
  .stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,6}$/)
  .filter((id) => id !== '__proto__');
const names = fc
  .string({ minLength: 1, maxLength: 20 })
  .map((text) => `n${text.replace(/\p{Cc}/gu, '')}`);
const priorities = fc.constantFrom(1, 5, 'low', 'high');
const timeouts = fc.double({ min: 0.1, max: 2_592_000, noNaN: true });
const optional = { requiredKeys: [] };

const retries = fc.record(
  {
    max_attempts: fc.integer({ min: 1, max: 100 }),
    strategy: fc.constantFrom(...RETRY_STRATEGIES),
    delay: fc.double({ min: 0, max: 86_400, noNaN: true }),
    factor: fc.constantFrom(1, 1.5, 100),
    max_delay: fc.nat(86_400),
    jitter: fc.constantFrom(...JITTERS),
  },
  optional,
);

const typed = fc.oneof(
  fc.record({ type: fc.constant('noop'), config: fc.record({ output: fc.constant(1) }, optional) }),
  fc.record({ type: fc.constant('noop') }),
  fc.record({
    type: fc.constant('delay'),
    config: fc.oneof(
      fc.record({ seconds: fc.nat(100) }),
      fc.record({ until: fc.constant('2030') }),
    ),
  }),
  fc.record({
    type: fc.constant('http'),
    config: fc.record(
      {
        url: fc.constant('http://127.0.0.1/'),
        headers: fc.constant({ accept: '*/*' }),
        expect: fc.constantFrom({ status: 200 }, { status: [200, 204] }),
      },
      { requiredKeys: ['url'] },
    ),
  }),
  fc.record({
    type: fc.constant('http'),
    config: fc.constant({ url: 'http://127.0.0.1/' }),
    cache: fc.record({ key: names, ttl: timeouts }, { requiredKeys: ['ttl'] }),
  }),
);

const nodes = fc
  .tuple(
    typed,
    fc.record(
      {
        id: ids,
        name: names,
        needs: fc.array(ids, { maxLength: 3 }),
        trigger_rule: fc.constantFrom(...TRIGGER_RULES),
        retry: retries,
        timeout: timeouts,
        priority: priorities,
      },
      { requiredKeys: ['id'] },
    ),
  )
  .map(([type, rest]) => ({ ...type, ...rest }));

const jobs: fc.Arbitrary<object> = fc.record(
  {
    name: names,
    description: fc.string(),
    labels: fc.dictionary(ids, fc.constantFrom('', 'main'), { maxKeys: 3 }),
    inputs: fc.constant({ a: 1 }),
    concurrency: fc.integer({ min: 1, max: 1000 }),
    priority: priorities,
    timeout: timeouts,
    on_failure: fc.constantFrom(...ON_FAILURE),
    dag_definition: fc.record(
      {
        nodes: fc.array(nodes, { minLength: 1, maxLength: 4 }),
        edges: fc.array(fc.record({ from: ids, to: ids }), { maxLength: 3 }),
      },
      { requiredKeys: ['nodes'] },
    ),
  },
  { requiredKeys: ['name', 'dag_definition'] },
);

const debris = fc.constantFrom<unknown>(
  null,
  -1,
  0,
  1e9,
  1.5,
  '',
  'noop',
  'delay',
  'é'.repeat(300),
  'a\u0007',
  [],
  {},
  [1],
  { seconds: 1 },
  { ttl: 1 },
  { id: 'x', type: 'noop' },
);
const fields = fc.constantFrom(
  'id',
  'type',
  'config',
  'needs',
  'url',
  'seconds',
  'until',
  'cache',
  'ttl',
  'constructor',
  'x',
);

/** Replaces, removes or adds something at a place that the picks lead to. */
function damage(document: object, picks: readonly number[], field: string, rubbish: unknown): void {
  let at = document as Record<string, unknown>;
  for (const pick of picks) {
    const keys = Object.keys(at);
    const key = keys[pick % Math.max(1, keys.length)];
    const inner = key === undefined ? undefined : at[key];
    if (typeof inner !== 'object' || inner === null) break;
    at = inner as Record<string, unknown>;
  }
  const [kind = 0, which = 0] = picks;
  const keys = Object.keys(at);
  const target = keys[which % Math.max(1, keys.length)] ?? field;
  if (Array.isArray(at)) at.push(rubbish);
  else if (kind % 3 === 0) at[target] = rubbish;
  else if (kind % 3 === 1) Reflect.deleteProperty(at, target);
  else at[field] = rubbish;
}

describe('the published schema of a job', () => {
  it('accepts good documents, as the service does', () => {
    fc.assert(
      fc.property(jobs, (document) => {
        expect(checkShape(shape, document).problems).toEqual([]);
        expect(conforms(document)).toBe(true);
      }),
    );
  });

  it('refuses exactly the damaged documents that the service refuses', () => {
    let refused = 0;
    const paths = fc.array(fc.nat(30), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(jobs, paths, fields, debris, (original, picks, field, rubbish) => {
        const document = structuredClone(original);
        damage(document, picks, field, structuredClone(rubbish));
        const accepted = conforms(document);
        if (!accepted) refused++;
        expect(checkShape(shape, document).problems.length === 0).toBe(accepted);
      }),
      { numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(300);
  });

  it('carries its id and examples, and nothing that is not JSON', () => {
    const types = new Map(NODE_TYPES).set('test_case', { summary: 'A test.', configShape: {} });
    const schema = jobSchema(types, ID);
    expect(schema).toMatchObject({ $id: ID, title: 'Baton job' });
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    const [smoke] = schema['examples'] as unknown[];
    expect(checkShape(jobShape(types), smoke).problems).toEqual([]);
  });

  it('takes a cache where a type runs something, and nowhere else', () => {
    const problems = (node: object): unknown =>
      checkShape(shape, { name: 'x', dag_definition: { nodes: [{ id: 'a', ...node }] } }).problems;
    const http = { type: 'http', config: { url: 'http://127.0.0.1/' } };
    expect(problems({ ...http, cache: { ttl: 60, key: '{% inputs.commit %}' } })).toEqual([]);
    const pointer = '/dag_definition/nodes/0/cache';
    for (const type of [{ type: 'noop' }, { type: 'delay', config: { seconds: 1 } }]) {
      expect(problems({ ...type, cache: { ttl: 60 } })).toMatchObject([
        { pointer, code: 'not_for_type' },
      ]);
    }
    expect(problems({ ...http, cache: {} })).toMatchObject([{ pointer, code: 'required' }]);
    expect(problems({ ...http, cache: { ttl: 0 } })).toMatchObject([{ pointer: `${pointer}/ttl` }]);
  });

  it('asks for a config where a type cannot do without', () => {
    const check = (node: object): number =>
      checkShape(shape, { name: 'x', dag_definition: { nodes: [{ id: 'a', ...node }] } }).problems
        .length;
    expect(check({ type: 'noop' })).toBe(0);
    expect(check({ type: 'http' })).toBe(1);
    expect(check({ type: 'delay' })).toBe(1);
  });
});
