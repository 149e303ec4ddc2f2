import type { Budget } from './budget.js';
import { ExpressionFault } from './problem.js';
import { UNITS_A_VALUE } from './sizes.js';

/** Characters of a picture, and of what is read by one; JSONata walks through them many times. */
const LONGEST_PICTURE = 256;
const LONGEST_NUMERAL = 1000;
/** Text times searched text, in characters; V8 takes some 50 ms for it at the worst. */
const LONGEST_SEARCH = 2 ** 28;
const LAST_MOMENT = 8.64e15;

type Check = (args: readonly unknown[], budget: Budget) => void;

/**
 * What the arguments of a function must be for it to end soon: each of these would otherwise run for
 * minutes, for ever, or take all memory. Their types have been checked by JSONata.
 */
export const ARGUMENT_CHECKS: Readonly<Record<string, Check>> = {
  pad: ([, width, char], budget) => {
    const unit = typeof char === 'string' ? Math.max(1, char.length) : 1;
    limitText(Math.abs(Number(width)) * unit, budget, '$pad');
  },
  join: ([list, separator], budget) => {
    const texts = Array.isArray(list) ? (list as unknown[]) : [];
    const gap = typeof separator === 'string' ? separator.length : 0;
    const length = texts.reduce<number>((sum, text) => sum + String(text).length + gap, 0);
    limitText(length, budget, '$join');
  },
  string: ([value, pretty], budget) => {
    if (pretty !== true || typeof value !== 'object' || value === null) return;
    const units = budget.sizes.measure(value, budget.make);
    const indent = 2 * budget.sizes.levels(value) * (units / UNITS_A_VALUE);
    if (units + indent > budget.limits.valueUnits) throw tooLarge('$string');
  },
  zip: (args, budget) => {
    const cells = args.reduce<number>(
      (sum, list) => sum + (Array.isArray(list) ? list.length : 0),
      0,
    );
    if (cells > budget.limits.valueUnits / UNITS_A_VALUE) throw tooLarge('$zip');
  },
  contains: search('$contains'),
  replace: search('$replace'),
  split: search('$split'),
  substringBefore: search('$substringBefore'),
  substringAfter: search('$substringAfter'),
  formatNumber: ([, picture, options]) => {
    limitPicture(picture, '$formatNumber');
    checkSymbols(options);
  },
  formatInteger: ([, picture]) => limitPicture(picture, '$formatInteger'),
  parseInteger: ([text, picture]) => {
    limitPicture(picture, '$parseInteger');
    if (typeof text === 'string' && text.length > LONGEST_NUMERAL) throw tooLarge('$parseInteger');
  },
  fromMillis: ([millis, picture, zone]) => {
    limitPicture(picture, '$fromMillis');
    limitPicture(zone, '$fromMillis');
    if (typeof millis === 'number' && Math.abs(millis) > LAST_MOMENT) {
      throw new ExpressionFault(
        'expression_failed',
        '$fromMillis takes milliseconds since 1970, at most 8.64e15 either way. Check the unit.',
      );
    }
  },
};

function search(name: string): Check {
  return ([text, wanted]) => {
    if (typeof text !== 'string' || typeof wanted !== 'string') return;
    if (text.length * wanted.length > LONGEST_SEARCH) throw tooLarge(name);
  };
}

/** A separator of no characters would have JSONata look for it for ever. */
function checkSymbols(options: unknown): void {
  if (typeof options !== 'object' || options === null) return;
  for (const [name, symbol] of Object.entries(options)) {
    const isWord = name === 'infinity' || name === 'NaN';
    if (typeof symbol === 'string' && (isWord || symbol.length === 1)) continue;
    throw new ExpressionFault(
      'expression_failed',
      '$formatNumber takes options of exactly one character each. Correct them.',
    );
  }
}

function limitPicture(picture: unknown, name: string): void {
  if (typeof picture === 'string' && picture.length > LONGEST_PICTURE) throw tooLarge(name);
}

function limitText(length: number, budget: Budget, name: string): void {
  if (length > budget.limits.textLength) throw tooLarge(name);
}

function tooLarge(name: string): ExpressionFault {
  return new ExpressionFault(
    'expression_too_large',
    `The arguments of ${name} are too large. Give it shorter texts or lists.`,
  );
}
