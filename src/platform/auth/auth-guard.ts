import { applyDecorators, createParamDecorator, Injectable, SetMetadata } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RequestProblem } from '../errors/problem.js';
import { principalOf, setPrincipal } from './principal.js';
import type { Principal } from './principal.js';
import { TokenService } from './token-service.js';

const OPEN = 'baton:open';
const BEARER = /^bearer +(\S+) *$/i;

/** Marks a route that needs no token. */
export const Open = (): MethodDecorator =>
  applyDecorators(SetMetadata(OPEN, true), RouteConfig({ open: true }));

/**
 * Asks for the token before a body is read, so that nobody unknown can make the service read one;
 * the {@link AuthGuard} asks at every other route. To be called before any route is added.
 */
export function checkTokenBeforeBody(instance: FastifyInstance, tokens: TokenService): void {
  instance.addHook('preParsing', async (request) => {
    const { method, is404, raw } = request;
    const { open } = request.routeOptions.config as { readonly open?: boolean };
    if (method === 'GET' || method === 'HEAD' || is404 || open === true) return;
    setPrincipal(raw, await tokens.verifyAccess(tokenIn(request)));
  });
}

/** Hands a handler the {@link Principal} of its request. */
export const CurrentPrincipal = createParamDecorator(
  (_: unknown, context: ExecutionContext): Principal => {
    const principal = principalOf(context.switchToHttp().getRequest<FastifyRequest>().raw);
    if (principal === undefined) throw new Error('This route is open: it has no principal.');
    return principal;
  },
);

/** Lets a request through only with a valid access token in its Authorization header. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly tokens: TokenService,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.get<boolean | undefined>(OPEN, context.getHandler()) === true) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (principalOf(request.raw) !== undefined) return true;
    setPrincipal(request.raw, await this.tokens.verifyAccess(tokenIn(request)));
    return true;
  }
}

function tokenIn(request: FastifyRequest): string {
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new RequestProblem(
      'missing_token',
      'Send a token: Authorization: Bearer <token>. For development, `baton token` makes one.',
    );
  }
  const [, token] = BEARER.exec(header) ?? [];
  if (token === undefined) {
    throw new RequestProblem(
      'invalid_token',
      'The Authorization header must read: Bearer <token>.',
    );
  }
  return token;
}
