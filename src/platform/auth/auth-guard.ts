import { createParamDecorator, Injectable, SetMetadata } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { RequestProblem } from '../errors/problem.js';
import { principalOf, setPrincipal } from './principal.js';
import type { Principal } from './principal.js';
import { TokenService } from './token-service.js';

const OPEN = 'baton:open';
const BEARER = /^bearer +(\S+) *$/i;

/** Marks a route or a controller that needs no token. */
export const Open = (): ClassDecorator & MethodDecorator => SetMetadata(OPEN, true);

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
    const open = this.reflector.getAllAndOverride<boolean | undefined>(OPEN, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (open === true) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
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
