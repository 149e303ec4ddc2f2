import type { Json } from '../json.js';

/**
 * The part of JSON Schema (2020-12) in which definitions are described, with two additions. The
 * published schema is these objects written out (`toJsonSchema`), and `checkShape` reads the same
 * objects, so the two cannot differ.
 */
export interface Shape {
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly Json[];
  readonly default?: Json;
  readonly type?: JsonType | readonly JsonType[];
  readonly enum?: readonly JsonScalar[];
  readonly const?: JsonScalar;
  /** Matched with the `u` flag. It meets hostile input: let it take no more than linear time. */
  readonly pattern?: string;
  /** What a value that breaks `pattern` is told, such as `must be an upper-case name`. Not published. */
  readonly patternMessage?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Shape;
  readonly propertyNames?: Shape;
  readonly maxProperties?: number;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  /** A text that is an expression, `{% … %}`, is taken in place of any value. */
  readonly orExpression?: true;
  /** Published as one `if` and `then` for each case. */
  readonly switch?: ShapeSwitch;
}

/** The value of one property decides what another may hold. `properties` says nothing of the latter. */
export interface ShapeSwitch {
  /** The deciding property, a string; a value without a case is refused. */
  readonly on: string;
  /** The property that the cases describe. */
  readonly property: string;
  readonly cases: Readonly<Record<string, ShapeCase>>;
}

export interface ShapeCase {
  readonly shape: Shape;
  readonly required: boolean;
  /** Other properties that there must not be in this case, each with what is said then. */
  readonly refused?: Readonly<Record<string, string>>;
}

export type JsonScalar = null | boolean | number | string;

export type JsonType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
