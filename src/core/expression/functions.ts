import { canonicalKey } from './canonical-key.js';
import { ARGUMENT_CHECKS } from './argument-checks.js';
import type { Budget } from './budget.js';
import type { Environment, Focus, NativeFunction } from './jsonata-engine.js';
import { ExpressionFault } from './problem.js';
import { isFunction } from './sizes.js';

/** Functions of JSONata that Baton leaves out, and why. */
export const FORBIDDEN: ReadonlyMap<string, string> = new Map([
  ['now', 'A rerun would see another time. Pass the time as an input of the job.'],
  ['millis', 'A rerun would see another time. Pass the time as an input of the job.'],
  ['random', 'A rerun would see another number. Pass a seed or the choice as an input of the job.'],
  ['shuffle', 'A rerun would see another order. Use $sort, or pass the order as an input.'],
  [
    'eval',
    'What a text computed at run time reads cannot be known before. Write the expression out.',
  ],
]);

/** All the other functions of JSONata 2.2.2. */
export const FUNCTIONS: readonly string[] = (
  'sum count max min average string substring substringBefore substringAfter lowercase uppercase ' +
  'length trim pad match contains replace split join formatNumber formatBase formatInteger ' +
  'parseInteger number floor ceil round abs sqrt power boolean not map zip filter single reduce ' +
  'sift keys lookup append exists spread merge reverse each error assert type sort distinct ' +
  'base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis ' +
  'fromMillis clone'
).split(' ');

type Implementation = (this: Focus, ...args: readonly never[]) => unknown;

/**
 * For the names given, puts functions that keep to the budget in the place of JSONata's own, and functions that say why
 * they are left out in the place of those that would make a rerun see something else.
 */
export function bindFunctions(
  environment: Environment,
  names: ReadonlySet<unknown>,
  budget: Budget,
): void {
  for (const [name, reason] of FORBIDDEN) {
    if (!names.has(name)) continue;
    const implementation = () => {
      throw new ExpressionFault('expression_forbidden', `$${name} is left out. ${reason}`);
    };
    environment.bind(name, { _jsonata_function: true, implementation } satisfies NativeFunction);
  }
  for (const name of FUNCTIONS) {
    if (!names.has(name)) continue;
    environment.bind(name, guarded(name, environment.lookup(name) as NativeFunction, budget));
  }
}

function guarded(name: string, original: NativeFunction, budget: Budget): NativeFunction {
  const check = ARGUMENT_CHECKS[name];
  const body =
    (REPLACED[name] as NativeFunction['implementation'] | undefined) ?? original.implementation;
  const seen = (result: unknown) => {
    budget.see(result);
    if (typeof result === 'string') budget.make(result.length);
    if (Array.isArray(result)) limitItems(result, budget);
    return result;
  };
  function implementation(this: Focus, ...args: unknown[]): unknown {
    budget.look();
    for (const arg of args) charge(arg, budget);
    check?.(args, budget);
    const result = body.apply(this, args);
    return isPromise(result) ? result.then(seen) : seen(result);
  }
  // JSONata reads the parameters of a partial application in the source of the function.
  implementation.toString = () => original.implementation.toString();
  return {
    _jsonata_function: true,
    implementation,
    signature: original.signature,
    arity: original.implementation.length,
  };
}

function charge(arg: unknown, budget: Budget): void {
  budget.see(arg);
  if (typeof arg === 'string') budget.make(arg.length);
  if (Array.isArray(arg)) {
    limitItems(arg, budget);
    budget.spend(arg.length);
  }
}

function limitItems(list: readonly unknown[], budget: Budget): void {
  if (list.length <= budget.limits.items) return;
  throw new ExpressionFault(
    'expression_too_large',
    `The expression makes or reads a list of more than ${budget.limits.items} members. Filter it first.`,
  );
}

/** What JSONata does in time that grows with the square of the list, or by the machine's time zone. */
const REPLACED: Readonly<Record<string, Implementation>> = { sort, distinct, spread, toMillis };

async function sort(
  list: unknown[] | undefined,
  isAfter?: (left: unknown, right: unknown) => Promise<unknown>,
): Promise<unknown[] | undefined> {
  if (list === undefined || list.length <= 1) return list;
  if (isAfter !== undefined) return sortBy(list, isAfter);
  const type = typeof list[0];
  if ((type !== 'number' && type !== 'string') || list.some((member) => typeof member !== type)) {
    throw new ExpressionFault(
      'expression_failed',
      '$sort alone takes numbers or texts only. Say how to compare: $sort(list, function($a, $b) { $a.x > $b.x }).',
    );
  }
  return (list as number[]).toSorted((left, right) => (left > right ? 1 : left < right ? -1 : 0));
}

/** Merge sort, stable, from runs of one member up. */
async function sortBy(
  list: readonly unknown[],
  isAfter: (left: unknown, right: unknown) => Promise<unknown>,
): Promise<unknown[]> {
  let sorted = [...list];
  for (let run = 1; run < list.length; run *= 2) {
    const merged: unknown[] = [];
    for (let start = 0; start < list.length; start += 2 * run) {
      const middle = Math.min(start + run, list.length);
      const end = Math.min(start + 2 * run, list.length);
      let left = start;
      let right = middle;
      while (left < middle && right < end) {
        const takeRight = Boolean(await isAfter(sorted[left], sorted[right]));
        merged.push(sorted[takeRight ? right++ : left++]);
      }
      while (left < middle) merged.push(sorted[left++]);
      while (right < end) merged.push(sorted[right++]);
    }
    sorted = merged;
  }
  return sorted;
}

function distinct(this: Focus, list: unknown): unknown {
  if (!Array.isArray(list) || list.length <= 1) return list;
  const isSequence = (list as { sequence?: unknown }).sequence === true;
  const result = isSequence ? this.createSequence() : [];
  const seen = new Set<unknown>();
  for (const member of list as unknown[]) {
    const key = isFunction(member) ? member : canonicalKey(member);
    if (seen.has(key)) continue;
    seen.add(key);
    result.push(member);
  }
  return result;
}

function spread(this: Focus, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isFunction(value)) return value;
  const result = this.createSequence();
  const add = (member: unknown): void => {
    if (Array.isArray(member)) for (const part of member as unknown[]) add(part);
    else if (typeof member !== 'object' || member === null || isFunction(member)) {
      result.push(member);
    } else {
      for (const [name, part] of Object.entries(member)) {
        result.push(
          Object.assign(Object.create(null) as object, Object.fromEntries([[name, part]])),
        );
      }
    }
  };
  add(value);
  return result;
}

const ISO_TIME =
  /^\d{4}(-[01]\d)?(-[0-3]\d)?(T[0-2]\d:[0-5]\d:[0-5]\d)?(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?$/;

function toMillis(time: string | undefined, picture?: string): number | undefined {
  if (time === undefined) return undefined;
  const [, , , clock, , zone] = ISO_TIME.exec(time) ?? [];
  // Without a zone JavaScript would take the machine's.
  const millis = Date.parse(clock !== undefined && zone === undefined ? `${time}Z` : time);
  if (picture !== undefined || !ISO_TIME.test(time) || Number.isNaN(millis)) {
    throw new ExpressionFault(
      'expression_failed',
      '$toMillis takes an ISO 8601 time and no picture. Cut another form into its parts with $match, or pass it as ISO 8601.',
    );
  }
  return millis;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
