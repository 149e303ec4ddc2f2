import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AppModule } from './app.module.js';
import type { Dependencies } from './modules/dependencies.js';
import { publishedJobSchema } from './modules/schemas/index.js';
import { openApiDocument } from './openapi-document.js';
import { checkTokenBeforeBody } from './platform/auth/index.js';
import type { TokenService } from './platform/auth/index.js';
import { answerBrokenRequest, answerProblem } from './platform/errors/index.js';
import type { ProblemAnswers } from './platform/errors/index.js';
import { prepareHttp } from './platform/http/index.js';
import type { KnownRoutes } from './platform/http/index.js';
import { NestLogger } from './platform/logging/index.js';

/** For a request to arrive whole. */
const REQUEST_TIMEOUT_MS = 120_000;
const MAX_PARAM_LENGTH = 2_048;

export interface Application {
  readonly app: NestFastifyApplication;
  readonly routes: KnownRoutes;
  readonly document: () => OpenAPIObject;
}

/** The HTTP service on its dependencies, ready to listen. */
export async function createApplication(
  dependencies: Dependencies,
  tokens: TokenService,
): Promise<Application> {
  const { config, logger } = dependencies;
  const answers: ProblemAnswers = { logger, methodsAt: (path) => routes.methodsAt(path) };
  const adapter = new FastifyAdapter({
    logger: false,
    bodyLimit: config.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      answerProblem(error, request, reply, answers);
    },
    clientErrorHandler: answerBrokenRequest,
  });
  const routes = prepareHttp(adapter.getInstance(), logger);
  checkTokenBeforeBody(adapter.getInstance(), tokens);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.on(dependencies, tokens, answers),
    adapter,
    // Nest declares its options as a class and takes them as an object.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    { bodyParser: false, abortOnError: false, logger: new NestLogger(logger) },
  );
  const document = (): OpenAPIObject =>
    openApiDocument(app, publishedJobSchema(dependencies.executors, config.maxNodesPerJob));
  SwaggerModule.setup('docs', app, document, { customSiteTitle: 'Baton' });
  await app.init();
  return { app, routes, document };
}
