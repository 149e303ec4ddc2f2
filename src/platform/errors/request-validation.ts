import { ValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata, ValidationError } from '@nestjs/common';
import type { ProblemDetail } from './problem.js';
import { RequestProblem } from './problem.js';

type Part = ProblemDetail['in'];
const PARTS: Partial<Record<ArgumentMetadata['type'], Part>> = {
  query: 'query',
  body: 'body',
  param: 'path',
};

/** Checks DTO classes; unknown fields and bad values are answered with 422, all of them at once. */
class RequestValidation extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) => problemOf(errors, 'query'),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'query') refuseProto(value);
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      if (!(error instanceof RequestProblem)) throw error;
      const part = PARTS[metadata.type] ?? 'body';
      throw new RequestProblem(
        part === 'query' ? 'invalid_query' : 'invalid_request',
        error.message,
        { errors: error.errors.map((each) => ({ ...each, in: part })) },
      );
    }
  }
}

export function requestValidation(): ValidationPipe {
  return new RequestValidation();
}

/** class-transformer passes over this one key without a word. */
function refuseProto(query: unknown): void {
  if (typeof query !== 'object' || query === null || !Object.hasOwn(query, '__proto__')) return;
  const message = 'There is no __proto__ here. Take it out.';
  throw new RequestProblem('invalid_query', message, {
    errors: [{ in: 'query', pointer: '/__proto__', code: 'unknown_field', message }],
  });
}

function problemOf(errors: readonly ValidationError[], part: Part): RequestProblem {
  const found = errors.flatMap((error) => flatten(error, part, ''));
  const first = found[0]?.message ?? 'A value is wrong.';
  return new RequestProblem(
    'invalid_query',
    found.length > 1 ? `${first} And ${found.length - 1} more; errors lists them all.` : first,
    { errors: found },
  );
}

function flatten(error: ValidationError, part: Part, parent: string): ProblemDetail[] {
  const pointer = `${parent}/${error.property.replace(/~/g, '~0').replace(/\//g, '~1')}`;
  // Decorators apply from the last to the first; what is written first says most.
  const constraints = Object.entries(error.constraints ?? {}).reverse();
  const own = constraints.map(([rule, message]) =>
    rule === 'whitelistValidation'
      ? {
          in: part,
          pointer,
          code: 'unknown_field',
          message: `There is no ${error.property} here. Take it out.`,
        }
      : { in: part, pointer, code: snake(rule), message: sentence(message) },
  );
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, part, pointer))];
}

function snake(rule: string): string {
  return rule.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
