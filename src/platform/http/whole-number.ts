import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

interface WholeNumberRules {
  readonly minimum: number;
  readonly maximum: number;
  readonly default?: number;
  readonly description?: string;
  readonly example?: number;
}

/** A query parameter that may be left out and is a whole number in decimal digits, both ends included. */
export function WholeNumber(rules: WholeNumberRules): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: 'integer', ...rules }),
    IsOptional(),
    // Number() would take '', '0x1' and '1e2' too.
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value,
    ),
    Max(rules.maximum),
    Min(rules.minimum),
    IsInt(),
  );
}
