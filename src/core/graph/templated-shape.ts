import type { Shape } from './shape.js';

/** A text that is one expression from its start to its end, or, within a text, has one in it. */
export const EXPRESSION_PATTERN = '^\\s*\\{%(?!%)[\\s\\S]*%\\}\\s*$';

const expression = new RegExp(EXPRESSION_PATTERN, 'u');

/** Whether a value stands for another that an expression will give. */
export function isExpressionText(value: unknown): boolean {
  return typeof value === 'string' && expression.test(value);
}

/**
 * The shape of what may hold expressions where the given shape has values; what they give is checked
 * against the given shape when they have been evaluated. The outermost value stays what it is.
 */
export function templatedShape(shape: Shape): Shape {
  return {
    ...shape,
    ...(shape.items === undefined ? {} : { items: orExpression(shape.items) }),
    ...(shape.properties === undefined ? {} : { properties: mapShapes(shape.properties) }),
    ...(typeof shape.additionalProperties === 'object'
      ? { additionalProperties: orExpression(shape.additionalProperties) }
      : {}),
    ...(shape.anyOf === undefined ? {} : { anyOf: shape.anyOf.map(templatedShape) }),
    ...(shape.oneOf === undefined ? {} : { oneOf: shape.oneOf.map(templatedShape) }),
  };
}

function orExpression(shape: Shape): Shape {
  return { ...templatedShape(shape), orExpression: true };
}

function mapShapes(shapes: Readonly<Record<string, Shape>>): Readonly<Record<string, Shape>> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, orExpression(shape)]),
  );
}
