import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { INestApplication } from '@nestjs/common';
import { JOB_COMPONENT } from './modules/jobs/index.js';

type PathItem = OpenAPIObject['paths'][string];

const ROOT_HEALTH = '/health';

/** The OpenAPI document of an application, the same for the same routes. */
export function openApiDocument(app: INestApplication, jobSchema: object): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Baton')
    .setDescription(
      [
        'Durable DAG orchestration for test automation.',
        'Every route that needs a token takes it as `Authorization: Bearer <token>`. Errors are RFC 9457 problem documents (`application/problem+json`).',
        'Every answer carries `X-Correlation-Id`, and `traceparent` of the span it belongs to; both are taken from the request where it has them.',
        'The routes under `/api/v1/orchestration` are also served under `/orchestration`.',
      ].join('\n\n'),
    )
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  const document = SwaggerModule.createDocument(app, builder.build());
  const schema = Object.fromEntries(
    Object.entries(jobSchema).filter(([keyword]) => keyword !== '$id' && keyword !== '$schema'),
  ) as object;
  return {
    ...document,
    paths: Object.fromEntries(
      Object.entries(document.paths)
        .filter(([path]) => !path.startsWith('/orchestration/'))
        .map(([path, item]) => [path, path === ROOT_HEALTH ? renamed(item) : item] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    components: {
      ...document.components,
      schemas: { ...document.components?.schemas, [JOB_COMPONENT]: schema },
    },
  };
}

/** Operations are told apart by their ids, also where two routes share a handler. */
function renamed(item: PathItem): PathItem {
  return item.get === undefined
    ? item
    : { ...item, get: { ...item.get, operationId: 'getRootHealth' } };
}
