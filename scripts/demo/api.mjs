const BASE = '/api/v1/orchestration';

/** The few calls of the REST API that the demo makes. */
export class Api {
  #url;
  #token;

  constructor(url, token) {
    this.#url = url;
    this.#token = token;
  }

  async #call(method, route, body) {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(`${this.#url}${route.startsWith('/api/') ? '' : BASE}${route}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...json },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${route} answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  }

  submit(definition) {
    return this.#call('POST', '/job', definition);
  }

  job(id) {
    return this.#call('GET', `/job/${id}`);
  }

  node(id, node) {
    return this.#call('GET', `/job/${id}/nodes/${encodeURIComponent(node)}`);
  }

  async events(id) {
    const page = await this.#call('GET', `/job/${id}/events?limit=1000`);
    return page.events;
  }

  /** Puts cases into the tenant's catalogue. */
  async registerCases(cases) {
    for (const { name, ...testCase } of cases) {
      await this.#call('PUT', `/test-cases/${encodeURIComponent(name)}`, testCase);
    }
  }
}
