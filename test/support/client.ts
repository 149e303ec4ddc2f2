import { expect } from '@jest/globals';
import { token } from './service.js';
import type { Service } from './service.js';
import { waitUntil } from './wait-until.js';

export type Body = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; an empty object when it is none. */
  readonly json: Body;
}

export interface Call {
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array;
}

export const API = '/api/v1/orchestration';

/** Calls a service as a user, `anna` of `acme` unless told otherwise. */
export class Client {
  constructor(
    readonly service: Pick<Service, 'url'>,
    readonly token = tokenOf(),
  ) {}

  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const bearer = call.token === undefined ? this.token : call.token;
    const body = call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
    const response = await fetch(this.service.url + path, {
      method,
      headers: {
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    let json: Body = {};
    try {
      json = JSON.parse(text) as Body;
    } catch {
      // Logs and graphs are not JSON.
    }
    return { status: response.status, headers: response.headers, text, json };
  }

  get(path: string, call?: Call): Promise<Answer> {
    return this.call('GET', path, call);
  }

  submit(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('POST', `${API}/job`, { body, headers });
  }

  /** Submits what must be accepted; answers the job. */
  async accepted(body: unknown): Promise<Body & { readonly id: string }> {
    const answer = await this.submit(body);
    expect(answer).toMatchObject({ status: 202 });
    return answer.json as Body & { id: string };
  }

  async job(id: string): Promise<Body> {
    return (await this.get(`${API}/job/${id}`)).json;
  }

  /** Resolves with the job once it stands in this status. */
  async reaches(id: string, status: string): Promise<Body> {
    let job: Body = {};
    await waitUntil(async () => {
      job = await this.job(id);
      return job['status'] === status;
    });
    return job;
  }

  async node(job: string, node: string): Promise<Body> {
    return (await this.get(`${API}/job/${job}/nodes/${node}`)).json;
  }

  /** Resolves with the node once it stands in this status. */
  async nodeReaches(job: string, node: string, status: string): Promise<Body> {
    let found: Body = {};
    await waitUntil(async () => {
      found = await this.node(job, node);
      return found['status'] === status;
    });
    return found;
  }

  async jobCount(): Promise<number> {
    return Number((await this.get(`${API}/jobs?limit=1`)).json['total']);
  }
}

function tokenOf(): string {
  return token();
}

/** A job of these nodes. */
export function jobOf(nodes: readonly object[], rest: object = {}): object {
  return { name: 'e2e', dag_definition: { nodes }, ...rest };
}

/** A job of one node that does nothing. */
export const QUICK = jobOf([{ id: 'a', type: 'noop' }]);
/** A job that does not end by itself while a test looks. */
export const LONG = jobOf([{ id: 'a', type: 'delay', config: { seconds: 600 } }]);

/** Checks that an answer is a problem document of this code. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.json['code'], text: answer.text }).toMatchObject({
    status,
    code,
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.json).toMatchObject({
    type: `urn:baton:problem:${code}`,
    title: expect.any(String),
    status,
    detail: expect.stringMatching(/\w/),
    instance: expect.stringMatching(/^\//),
    correlation_id: answer.headers.get('x-correlation-id'),
  });
}
