import { runSteps } from '../plan/run-steps.js';
import { checkValue } from './check-value.js';
import { explainChoice } from './explain-choice.js';
import { pointerOf } from './path.js';
import type { Path } from './path.js';
import { ProblemList } from './problem.js';
import type { Problem, ProblemReport } from './problem.js';
import type { Shape, ShapeCase } from './shape.js';
import { isExpressionText } from './templated-shape.js';
import { quote, suggestion } from './wording.js';

/** Levels of objects and arrays that a document may have. */
export const MAX_DEPTH = 64;
/** Values that a document may have; more than any body of 16 MiB has. */
const MAX_VALUES = 10_000_000;
const VALUES_PER_STEP = 1024;
const PROBLEMS_PER_ALTERNATIVE = 10;
const ANYTHING: Shape = {};

/**
 * Checks a value, as parsed from JSON or YAML, against a shape and reports every problem at once.
 * Beyond the shape it refuses, wherever they stand, what JSON Schema cannot: more than
 * {@link MAX_DEPTH} levels, `__proto__` keys, and numbers that overflow. Own properties alone are
 * looked at, on the value and on the shape. Time is linear in the value and does not depend on how
 * deep it is; it yields about every thousand values.
 */
export function* checkShapeSteps(shape: Shape, value: unknown): Generator<void, ProblemList> {
  const problems = new ProblemList();
  yield* new Walk(problems, false).run(shape, value, undefined, 0);
  return problems;
}

/** {@link checkShapeSteps} without a pause. */
export function checkShape(shape: Shape, value: unknown): ProblemReport {
  return runSteps(checkShapeSteps(shape, value));
}

/** An object or array whose members are being visited. */
interface Frame {
  readonly container: object;
  /** Absent for arrays. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  readonly shape: Shape;
  readonly path: Path | undefined;
  next: number;
}

class Walk {
  private readonly stack: Frame[] = [];
  private baseDepth = 0;
  private values = 0;

  /** `partial`: an alternative is being tried on a value of which the main walk judges the rest. */
  constructor(
    private readonly problems: ProblemList,
    private readonly partial: boolean,
  ) {}

  *run(shape: Shape, value: unknown, path: Path | undefined, depth: number): Generator<void, void> {
    this.baseDepth = depth;
    if (this.visit(shape, value, path)) yield* this.choose(shape, value, path, depth);
    for (let frame = this.stack.at(-1); frame !== undefined; frame = this.stack.at(-1)) {
      if (frame.next === frame.length) {
        this.stack.pop();
        continue;
      }
      if (++this.values % VALUES_PER_STEP === 0) {
        yield;
        if (this.problems.truncated) return;
        if (this.values > MAX_VALUES) {
          this.add(undefined, 'too_many', `must have at most ${MAX_VALUES} values in all`);
          return;
        }
      }
      const place = frame.next++;
      const step = frame.keys?.[place] ?? place;
      const member = this.memberShape(frame, step);
      if (member === undefined) continue;
      const child = (frame.container as Readonly<Record<string | number, unknown>>)[step];
      const at = { parent: frame.path, step };
      const level = depth + this.stack.length;
      if (this.visit(member, child, at)) yield* this.choose(member, child, at, level);
    }
  }

  /** Judges a value itself and lines its members up. True when its alternatives are to be tried. */
  private visit(shape: Shape, value: unknown, path: Path | undefined): boolean {
    if (shape.orExpression === true && isExpressionText(value)) return false;
    const fault = checkValue(shape, value);
    if (fault !== undefined) {
      this.add(path, fault.code, fault.message);
      return false;
    }
    if (typeof value === 'object' && value !== null && !this.open(shape, value, path)) return false;
    return shape.anyOf !== undefined || shape.oneOf !== undefined;
  }

  private open(shape: Shape, container: object, path: Path | undefined): boolean {
    if (this.baseDepth + this.stack.length >= MAX_DEPTH) {
      if (!this.partial) {
        this.add(path, 'too_deep', `must not be nested more than ${MAX_DEPTH} levels deep`);
      }
      return false;
    }
    if (Array.isArray(container)) {
      this.push(container, undefined, container.length, shape, path);
      return true;
    }
    const keys = Object.keys(container);
    if (shape.maxProperties !== undefined && keys.length > shape.maxProperties) {
      const message = `must have at most ${shape.maxProperties} fields, not ${keys.length}`;
      this.add(path, 'too_many', message);
      return false;
    }
    for (const field of shape.required ?? []) this.require(container, field, path);
    if (shape.switch !== undefined) {
      const { on, property, cases } = shape.switch;
      const decider = Object.hasOwn(container, on)
        ? (container as Readonly<Record<string, unknown>>)[on]
        : undefined;
      if (typeof decider === 'string') {
        if (!Object.hasOwn(cases, decider)) {
          this.unknownCase({ parent: path, step: on }, on, decider, Object.keys(cases));
        } else {
          const { required, refused } = cases[decider] as ShapeCase;
          if (required) {
            this.require(container, property, path, `, which ${on} ${quote(decider)} needs`);
          }
          if (refused !== undefined) this.refuse(container, refused, path, on);
        }
      }
    }
    this.push(container, keys, keys.length, shape, path);
    return true;
  }

  private refuse(
    container: object,
    refused: Readonly<Record<string, string>>,
    path: Path | undefined,
    on: string,
  ): void {
    for (const field in refused) {
      if (Object.hasOwn(container, field)) {
        this.add({ parent: path, step: field }, `not_for_${on}`, refused[field] ?? '');
      }
    }
  }

  private push(
    container: object,
    keys: readonly string[] | undefined,
    length: number,
    shape: Shape,
    path: Path | undefined,
  ): void {
    if (length === 0 || (this.partial && !describesMembers(shape))) return;
    this.stack.push({ container, keys, length, shape, path, next: 0 });
  }

  /** The shape of one member; `undefined` when there must be none of that name, which is then said. */
  private memberShape({ shape, container, path }: Frame, key: string | number): Shape | undefined {
    if (typeof key === 'number') return shape.items ?? ANYTHING;
    const { properties, switch: choice, additionalProperties: additional } = shape;
    if (shape.propertyNames !== undefined) {
      const fault = checkValue(shape.propertyNames, key);
      if (fault !== undefined) {
        const message = `the field name ${quote(key)} ${fault.message}`;
        this.add({ parent: path, step: key }, fault.code, message);
        return undefined;
      }
    }
    if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
    if (choice?.property === key) {
      const decider = Object.hasOwn(container, choice.on)
        ? (container as Readonly<Record<string, unknown>>)[choice.on]
        : undefined;
      return typeof decider === 'string' && Object.hasOwn(choice.cases, decider)
        ? choice.cases[decider]?.shape
        : ANYTHING;
    }
    if (additional === false) {
      const known = Object.keys(properties ?? {});
      if (choice !== undefined) known.push(choice.property);
      const message = `unknown field ${quote(key)}${suggestion(key, known)}`;
      this.add({ parent: path, step: key }, 'unknown_field', message);
      return undefined;
    }
    if (key === '__proto__' && !this.partial) {
      this.add(
        { parent: path, step: key },
        'forbidden_key',
        'a field must not be named "__proto__"',
      );
      return undefined;
    }
    return typeof additional === 'object' ? additional : ANYTHING;
  }

  private require(container: object, field: string, path: Path | undefined, why = ''): void {
    if (!Object.hasOwn(container, field)) {
      this.add(path, 'required', `must have the field ${quote(field)}${why}`);
    }
  }

  private unknownCase(path: Path, on: string, value: string, known: readonly string[]): void {
    const names = known.map((name) => quote(name)).join(', ');
    this.add(
      path,
      `unknown_${on}`,
      `unknown ${on} ${quote(value)}${suggestion(value, known)} (known: ${names})`,
    );
  }

  /** Tries the alternatives of `anyOf` and `oneOf` on a value. */
  private *choose(
    shape: Shape,
    value: unknown,
    path: Path | undefined,
    depth: number,
  ): Generator<void, void> {
    for (const kind of ['anyOf', 'oneOf'] as const) {
      const alternatives = shape[kind];
      if (alternatives === undefined) continue;
      const reports: (readonly Problem[])[] = [];
      for (const alternative of alternatives) {
        const found = new ProblemList(PROBLEMS_PER_ALTERNATIVE);
        yield* new Walk(found, true).run(alternative, value, path, depth);
        reports.push(found.problems);
      }
      const fitting = reports.filter((problems) => problems.length === 0).length;
      if (fitting === 1 || (fitting > 1 && kind === 'anyOf')) continue;
      for (const why of explainChoice(kind, alternatives, reports, pointerOf(path))) {
        this.problems.add(why.pointer, why.code, why.message);
      }
    }
  }

  private add(path: Path | undefined, code: string, message: string): void {
    this.problems.add(pointerOf(path), code, message);
  }
}

function describesMembers(shape: Shape): boolean {
  return (
    shape.items !== undefined ||
    shape.properties !== undefined ||
    shape.additionalProperties !== undefined ||
    shape.propertyNames !== undefined ||
    shape.switch !== undefined
  );
}
