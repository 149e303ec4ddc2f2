import type { Json, JsonObject } from '../json.js';
import type { Shape, ShapeSwitch } from './shape.js';
import { EXPRESSION_PATTERN } from './templated-shape.js';

/** A shape as a JSON Schema (2020-12), which accepts what `checkShape` accepts. */
export function toJsonSchema(shape: Shape): JsonObject {
  const { orExpression, ...value } = shape;
  if (orExpression !== true) return schemaOf(value);
  // What people are to read stands beside the alternatives, not within one of them.
  const { title, description, examples, default: preset, ...rest } = value;
  const said = { title, description, examples, default: preset };
  return {
    ...(Object.fromEntries(
      Object.entries(said).filter(([, text]) => text !== undefined),
    ) as JsonObject),
    anyOf: [schemaOf(rest), EXPRESSION],
  };
}

const EXPRESSION: JsonObject = { type: 'string', pattern: EXPRESSION_PATTERN };

function schemaOf(shape: Shape): JsonObject {
  const schema: Record<string, Json> = {};
  for (const [keyword, value] of Object.entries(shape) as [keyof Shape, unknown][]) {
    switch (keyword) {
      case 'patternMessage':
      case 'orExpression':
      case 'switch':
        break;
      case 'items':
      case 'propertyNames':
      case 'additionalProperties':
        schema[keyword] = typeof value === 'boolean' ? value : toJsonSchema(value as Shape);
        break;
      case 'anyOf':
      case 'oneOf':
        schema[keyword] = (value as readonly Shape[]).map(toJsonSchema);
        break;
      case 'properties':
        schema[keyword] = mapShapes(value as Readonly<Record<string, Shape>>);
        break;
      default:
        schema[keyword] = value as Json;
    }
  }
  return shape.switch === undefined ? schema : withCases(schema, shape, shape.switch);
}

function mapShapes(shapes: Readonly<Record<string, Shape>>): JsonObject {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, toJsonSchema(shape)]),
  );
}

function withCases(schema: JsonObject, shape: Shape, choice: ShapeSwitch): JsonObject {
  const { on, property, cases } = choice;
  const { properties = {} } = shape;
  return {
    ...schema,
    properties: {
      ...mapShapes(properties),
      [on]: { ...toJsonSchema(properties[on] ?? {}), enum: Object.keys(cases) },
      [property]: { description: `What it may hold depends on \`${on}\`.` },
    },
    allOf: Object.entries(cases).map(([value, { shape: then, required, refused = {} }]) => ({
      if: { properties: { [on]: { const: value } }, required: [on] },
      then: {
        properties: {
          [property]: toJsonSchema(then),
          ...Object.fromEntries(Object.keys(refused).map((field) => [field, false])),
        },
        ...(required && { required: [property] }),
      },
    })),
  };
}
