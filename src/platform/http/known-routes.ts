import type { FastifyInstance } from 'fastify';

/** Knows which methods each route takes, to tell a wrong method from a wrong address. */
export class KnownRoutes {
  private readonly routes = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  /** To be called before any route is added. */
  constructor(instance: FastifyInstance) {
    instance.addHook('onRoute', (route) => {
      if (route.url.includes('*')) return;
      const known = this.routes.get(route.url) ?? {
        pattern: new RegExp(`^${route.url.replace(/[.\\]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`),
        methods: new Set<string>(),
      };
      for (const method of [route.method].flat()) known.methods.add(method);
      this.routes.set(route.url, known);
    });
  }

  /** The methods of the route at a path, sorted; none when there is no such route. */
  methodsAt(path: string): readonly string[] {
    const methods = new Set<string>();
    for (const route of this.routes.values()) {
      if (route.pattern.test(path)) for (const method of route.methods) methods.add(method);
    }
    return [...methods].sort();
  }

  /** Every route that was added, as `METHOD /path/:param`. */
  list(): readonly string[] {
    return [...this.routes].flatMap(([url, { methods }]) =>
      [...methods].map((method) => `${method} ${url}`),
    );
  }
}
