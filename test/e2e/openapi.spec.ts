import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Ajv2020 from 'ajv/dist/2020.js';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { builtService } from '../support/build.js';
import { Client, LONG, QUICK } from '../support/client.js';
import type { Body } from '../support/client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: Record<string, Body> };
  readonly responses: Record<string, { readonly content?: Record<string, Body> }>;
}

let service: Service;
let client: Client;
let document: {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};
let operations: [string, Operation][];
beforeAll(async () => {
  service = await startService();
  client = new Client(service);
  document = (await client.get('/docs-json', { token: null })).json as unknown as typeof document;
  operations = Object.entries(document.paths).flatMap(([route, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${route}`,
      operation,
    ]),
  );
});
afterAll(() => service.dispose());

/** What a process of the service's own code says of it. */
function described(): { readonly routes: readonly string[] } {
  const script = `
    const { describeService, generatedFiles } = await import(${JSON.stringify(path.join(builtService(), 'generated-files.js'))});
    const { routes } = await describeService();
    process.stdout.write(JSON.stringify({ routes, files: await generatedFiles() }));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
  ) as { routes: string[] };
}

describe('the OpenAPI document', () => {
  it('is served, and committed as it is served', () => {
    const committed = JSON.parse(readFileSync('openapi/openapi.json', 'utf8')) as object;
    expect(document).toEqual(committed);
  });

  it('has every route of the service', () => {
    const routes = described()
      .routes.filter((route) => !/^HEAD | \/docs| \/orchestration\//.test(route))
      .map((route) => route.replace(/:(\w+)/g, '{$1}'));
    expect(operations.map(([name]) => name).sort()).toEqual([...routes].sort());
  });

  it('says of every route what it does, what it answers and how it fails', () => {
    for (const [name, operation] of operations) {
      const { summary, description, tags, responses } = operation;
      expect({ name, summary, description, tags }).toEqual({
        name,
        summary: expect.stringMatching(/\w/),
        description: expect.stringMatching(/\w{2,} \w/),
        tags: [expect.any(String)],
      });
      const statuses = Object.keys(responses);
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
      if (operation.security !== undefined) expect(statuses).toContain('401');
      for (const [status, response] of Object.entries(responses)) {
        if (Number(status) < 400 || name.endsWith('/health')) continue;
        const problem = response.content?.['application/problem+json'];
        expect({ name, status, problem }).toMatchObject({
          problem: { schema: { $ref: '#/components/schemas/ProblemDto' } },
        });
        expect(Object.keys(problem?.['examples'] ?? {})).not.toHaveLength(0);
      }
    }
    expect(new Set(operations.map(([, { operationId }]) => operationId)).size).toBe(
      operations.length,
    );
  });

  it('lists the statuses of the five endpoints', () => {
    const statuses = (route: string): string[] =>
      Object.keys(operations.find(([name]) => name === route)?.[1].responses ?? {});
    const api = '/api/v1/orchestration';
    const expected: Record<string, string[]> = {
      [`POST ${api}/job`]: ['202', '400', '401', '413', '422', '429', '503'],
      [`GET ${api}/job/{job_id}`]: ['200', '401', '404', '503'],
      [`DELETE ${api}/job/{job_id}`]: ['200', '401', '404', '422', '503'],
      [`GET ${api}/jobs`]: ['200', '401', '422', '503'],
      [`GET ${api}/health`]: ['200', '503'],
    };
    for (const [route, each] of Object.entries(expected)) {
      expect(statuses(route)).toEqual(expect.arrayContaining(each));
    }
  });

  it('has no reference that leads nowhere', () => {
    const references = JSON.stringify(document).matchAll(
      /"\$ref":"#\/components\/schemas\/(\w+)"/g,
    );
    for (const [, name = ''] of references)
      expect(document.components.schemas).toHaveProperty(name);
  });

  it('has examples that its own schemas allow', () => {
    const ajv = new Ajv2020.default({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema({ ...document, $id: 'api' });
    let examples = 0;
    const look = (part: unknown, place: string): void => {
      if (typeof part !== 'object' || part === null) return;
      const { schema, example, examples: several } = part as Record<string, unknown>;
      const given = [
        ...(example === undefined ? [] : [example]),
        ...(Array.isArray(several) ? (several as unknown[]) : []),
        ...(Array.isArray(several) ? [] : Object.values(several ?? {})).map(
          (each: { readonly value: unknown }) => each.value,
        ),
      ];
      if (given.length > 0) {
        const described = JSON.stringify(schema ?? part).replaceAll('"#/', '"api#/');
        const allows = ajv.compile(JSON.parse(described) as object);
        for (const value of given) {
          examples += 1;
          expect({ place, value, valid: allows(value), errors: allows.errors }).toEqual({
            place,
            value,
            valid: true,
            errors: null,
          });
        }
      }
      for (const [key, inner] of Object.entries(part)) {
        if (!/^(examples?|default|const|enum)$/.test(key)) look(inner, `${place}/${key}`);
      }
    };
    look(document, '');
    expect(examples).toBeGreaterThan(100);
  });

  it('describes what is answered', async () => {
    const ajv = new Ajv2020.default({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'api', components: document.components });
    const conforms = (name: string, value: unknown): void => {
      const valid = ajv.validate({ $ref: `api#/components/schemas/${name}` }, value);
      expect({ name, valid, errors: ajv.errors }).toEqual({ name, valid: true, errors: null });
    };
    const api = '/api/v1/orchestration';
    const job = await client.accepted(QUICK);
    conforms('OrchestrationJobResponse', job);
    conforms('OrchestrationJobResponse', await client.reaches(job.id, 'completed'));
    const long = await client.accepted(LONG);
    conforms('OrchestrationJobResponse', await client.reaches(long.id, 'running'));
    const read = async (route: string): Promise<Body> => (await client.get(api + route)).json;
    conforms('JobListResponse', await read('/jobs'));
    conforms('NodeListResponse', await read(`/job/${job.id}/nodes`));
    conforms('NodeDetailResponse', await read(`/job/${job.id}/nodes/a`));
    conforms('EventListResponse', await read(`/job/${job.id}/events`));
    conforms('WhyJobResponse', await read(`/job/${long.id}/why`));
    conforms('WhyNodeResponse', await read(`/job/${long.id}/nodes/a/why`));
    conforms('PastJobResponse', await read(`/job/${job.id}/at/1`));
    conforms('JobComparisonResponse', await read(`/jobs/compare?a=${job.id}&b=${long.id}`));
    conforms('HealthResponse', await read('/health'));
    conforms('ProblemDto', await read('/job/unknown'));
    conforms('CreateOrchestrationJobRequest', QUICK);
    const put = await client.call('PUT', `${api}/test-cases/x`, { body: { command: 'true' } });
    conforms('TestCaseResponse', put.json);
    conforms('TestCaseListResponse', await read('/test-cases'));
  });
});

describe('the published schema', () => {
  it('is served, and committed as it is served', async () => {
    const answer = await client.get('/schemas/job.schema.json', { token: null });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/schema\+json/);
    expect(answer.json).toEqual(JSON.parse(readFileSync('schemas/job.schema.json', 'utf8')));
  });
});

describe('/docs', () => {
  it('is a page that needs nothing from elsewhere', async () => {
    const page = await client.get('/docs', { token: null });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.text).not.toMatch(/(src|href)="https?:/);
    expect((await client.get('/docs/swagger-ui-bundle.js', { token: null })).status).toBe(200);
  });
});
