import type { Shape } from '../graph/shape.js';
import type { Json, JsonObject } from '../json.js';

/** Defaults filled into one value, at most: a list of small objects may ask for many each. */
const MAX_FILLED = 100_000;

/**
 * A value with the defaults of what it leaves out, at every depth that `properties`, `items` and
 * `additionalProperties` describe; a default is itself filled. What is given is never changed, null
 * included. `undefined` when more than 100,000 defaults would have to be filled in.
 */
export function fillDefaults(shape: Shape, value: Json): Json | undefined {
  const filler = new Filler();
  const filled = filler.fill(shape, value);
  return filler.left < 0 ? undefined : filled;
}

class Filler {
  left = MAX_FILLED;
  /** What is filled in where a property is left out, by the shape that it is left out of. */
  private readonly known = new Map<Shape, readonly (readonly [string, Json])[]>();

  fill(shape: Shape, value: Json): Json {
    if (typeof value !== 'object' || value === null || this.left < 0) return value;
    if (isList(value)) {
      const { items } = shape;
      return items === undefined ? value : value.map((item) => this.fill(items, item));
    }
    return this.fillObject(shape, value);
  }

  private fillObject(shape: Shape, value: JsonObject): JsonObject {
    const { properties = {}, additionalProperties: additional } = shape;
    const members = Object.entries(value).map(([key, member]): [string, Json] => {
      const own = Object.hasOwn(properties, key) ? properties[key] : undefined;
      const inner = own ?? (typeof additional === 'object' ? additional : undefined);
      return [key, inner === undefined ? member : this.fill(inner, member)];
    });
    for (const [key, filled] of this.defaultsOf(shape)) {
      if (Object.hasOwn(value, key)) continue;
      if (this.left-- <= 0) return value;
      members.push([key, filled]);
    }
    return Object.fromEntries(members);
  }

  private defaultsOf(shape: Shape): readonly (readonly [string, Json])[] {
    let defaults = this.known.get(shape);
    if (defaults === undefined) {
      defaults = Object.entries(shape.properties ?? {}).flatMap(([key, property]) =>
        property.default === undefined
          ? []
          : [[key, this.fill(property, property.default)] as const],
      );
      this.known.set(shape, defaults);
    }
    return defaults;
  }
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}
