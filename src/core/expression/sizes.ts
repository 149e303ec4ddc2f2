import type { EvaluationLimits } from './limits.js';
import { ExpressionFault } from './problem.js';

/** Levels that a value may have while an expression runs; its result may have MAX_NESTING. */
const MOST_LEVELS = 200;
/** Units of any value, see {@link EvaluationLimits.valueUnits}. */
export const UNITS_A_VALUE = 8;

interface Size {
  readonly units: number;
  readonly levels: number;
}

/**
 * How large values are when they are written out. A few steps build a list that holds one list many
 * times, and that one another: small in memory, but endless for whatever walks through it. So every
 * value is measured when it is made, each part once, and refused before anything can walk it.
 */
export class Sizes {
  private readonly known = new WeakMap<object, Size>();

  constructor(private readonly limits: EvaluationLimits) {}

  /** Units of a value; `made` is told of those that it has measured for the first time. */
  measure(value: unknown, made: (units: number) => void): number {
    return this.size(value, made).units;
  }

  levels(value: object): number {
    return this.known.get(value)?.levels ?? 0;
  }

  private size(value: unknown, made: (units: number) => void): Size {
    if (typeof value === 'string') return { units: UNITS_A_VALUE + value.length, levels: 0 };
    if (typeof value !== 'object' || value === null || isFunction(value)) return LEAF;
    const known = this.known.get(value);
    if (known !== undefined) return known;
    let units = UNITS_A_VALUE;
    let levels = 0;
    let own = UNITS_A_VALUE;
    const add = (member: unknown, name: number) => {
      const size = this.size(member, made);
      units += size.units + name;
      own += UNITS_A_VALUE + name;
      levels = Math.max(levels, size.levels);
      if (units > this.limits.valueUnits) throw tooLarge();
    };
    if (Array.isArray(value)) for (const member of value as unknown[]) add(member, 0);
    else for (const [name, member] of Object.entries(value)) add(member, name.length);
    if (levels >= MOST_LEVELS) throw tooDeep();
    made(own);
    const size = { units, levels: levels + 1 };
    this.known.set(value, size);
    return size;
  }
}

const LEAF: Size = { units: UNITS_A_VALUE, levels: 0 };

/** A function of JSONata or of JavaScript, as JSONata marks them. */
export function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  const marks = value as { _jsonata_function?: unknown; _jsonata_lambda?: unknown };
  return marks._jsonata_function === true || marks._jsonata_lambda === true;
}

function tooLarge(): ExpressionFault {
  return new ExpressionFault(
    'expression_too_large',
    'The expression makes or reads a value that is too large. Select the members it needs, or filter the list, before going on.',
  );
}

function tooDeep(): ExpressionFault {
  return new ExpressionFault(
    'expression_too_deep',
    `The expression makes a value of more than ${MOST_LEVELS} levels. Let it nest less.`,
  );
}
