import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ProblemDto } from './problem.dto.js';
import { PROBLEMS } from './problem.js';
import type { ProblemCode } from './problem.js';

/** Documents the problems that a route answers with, one response a status with an example of each. */
export function ApiProblems(...codes: readonly ProblemCode[]): ClassDecorator & MethodDecorator {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...codes, 'internal_error' as const]) {
    const [status] = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...[...byStatus].map(([status, each]) =>
      ApiResponse({
        status,
        description: each.map((code) => `${PROBLEMS[code][1]} (\`${code}\`).`).join(' '),
        content: {
          'application/problem+json': {
            schema: { $ref: getSchemaPath(ProblemDto) },
            examples: Object.fromEntries(
              each.map((code) => [code, { value: exampleOf(code, status) }]),
            ),
          },
        },
      }),
    ),
  );
}

function exampleOf(code: ProblemCode, status: number): object {
  return {
    type: `urn:baton:problem:${code}`,
    title: PROBLEMS[code][1],
    status,
    detail: 'Says what is wrong with this request and what to do next.',
    code,
    instance: '/api/v1/orchestration/job',
    correlation_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  };
}
