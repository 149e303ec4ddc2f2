import type { FastifyInstance } from 'fastify';
import { principalOf } from '../auth/principal.js';
import type { ServiceLogger } from '../logging/index.js';
import { correlationOf, pathOf } from './correlation.js';
import { acceptJsonOnly } from './json-body.js';
import { KnownRoutes } from './known-routes.js';

/**
 * What holds for every request, whatever serves it: correlation in and out, one log line, JSON bodies
 * only. To be called before any route is added.
 */
export function prepareHttp(instance: FastifyInstance, logger: ServiceLogger): KnownRoutes {
  acceptJsonOnly(instance);
  instance.addHook('onRequest', (request, reply, done) => {
    const { correlationId, traceparent } = correlationOf(request);
    void reply.headers({
      'x-correlation-id': correlationId,
      traceparent,
      'x-content-type-options': 'nosniff',
    });
    done();
  });
  instance.addHook('onResponse', (request, reply, done) => {
    const { correlationId, traceId } = correlationOf(request);
    const principal = principalOf(request.raw);
    const path = pathOf(request);
    const { job_id, node_id } = (request.params ?? {}) as Record<string, string | undefined>;
    const fields = {
      correlation_id: correlationId,
      trace_id: traceId,
      ...(principal === undefined ? {} : { tenant_id: principal.tenantId, user: principal.user }),
      ...(job_id === undefined ? {} : { job_id }),
      ...(node_id === undefined ? {} : { node_id }),
      method: request.method,
      path,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    };
    if (path.endsWith('/health')) logger.debug(fields, 'request');
    else logger.info(fields, 'request');
    done();
  });
  return new KnownRoutes(instance);
}
