import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../json.js';
import { answer, clock, problemWith, valueOf } from '../../../test/support/expression.js';
import { evaluate } from './evaluate.js';
import { DEFAULT_LIMITS } from './limits.js';
import { parseExpression } from './parse-expression.js';

/** Far above what a limit of one second leads to, and far below what the attacks would take. */
const SOON_MS = 8000;

const repeat = (text: string, times: number) => text.repeat(times);

/** Each of these would stop the process, or take its memory, if JSONata were called as it is. */
const attacks: readonly (readonly [string, string])[] = [
  ['an endless recursion', '($f := function($n) { 1 + $f($n) }; $f(1))'],
  ['an endless loop', '($f := function($n) { $f($n + 1) }; $f(1))'],
  ['a huge range', '[1..1000000000]'],
  ['a large range', '[1..9000000]'],
  ['a range that cannot count on', '[9007199254740992..9007199254740992]'],
  ['many ranges', '$map([1..20000], function($i) { [1..20000] })'],
  ['ranges in a product', '[1..20000].([1..20000])'],
  [
    'doubling lists',
    '($f := function($x, $n) { $n = 0 ? $x : $f([[$x], [$x]], $n - 1) }; $string($f("a", 60)))',
  ],
  [
    'comparing doubled lists',
    '($f := function($x, $n) { $n = 0 ? $x : $f([[$x], [$x]], $n - 1) }; $f("a", 40) = $f("a", 40))',
  ],
  [
    'doubled lists as a condition',
    '($f := function($x, $n) { $n = 0 ? $x : $f([[$x], [$x]], $n - 1) }; $f("", 40) ? 1 : 2)',
  ],
  [
    'doubled objects',
    '($f := function($x, $n) { $n = 0 ? $x : $f({"a": $x, "b": $x}, $n - 1) }; $count($f({}, 60).**))',
  ],
  ['deep lists', '($f := function($x, $n) { $n = 0 ? $x : $f([[$x]], $n - 1) }; $f("a", 100000))'],
  ['doubling text', '($f := function($x, $n) { $n = 0 ? $x : $f($x & $x, $n - 1) }; $f("ab", 60))'],
  ['padding', '$pad("", 400000000)'],
  ['padding with long texts', '($a := $pad("a", 200000); $pad("", 200000, $a))'],
  ['joining', '$join([1..20000].$string(), $pad("", 100000))'],
  ['replacing', '$replace($pad("", 200000, "a"), "a", $pad("", 200000, "b"))'],
  ['splitting', '$split($pad("", 200000, "a"), "")'],
  [
    'searching',
    '$contains($pad("", 262144, "a"), $pad("", 65536, "a") & "b" & $pad("", 65536, "a"))',
  ],
  [
    'many searches',
    '$map([1..20000], function($i) { $contains($pad("", 262144, "a"), $pad("", 500, "a") & "b" & $pad("", 500, "a")) })',
  ],
  ['a nested quantifier', '$contains($pad("", 60, "a") & "!", /^(a+)+$/)'],
  ['a long nested quantifier', '$contains($pad("", 200000, "a") & "!", /(a|aa|a*)*(a+)+b/)'],
  ['a pattern of many steps', '$contains($pad("", 260000, "a"), /(a?){300}b/)'],
  ['matches of every character', '$match($pad("", 260000, "a"), /a/)'],
  ['an endless separator', '$formatNumber(1234, "#,##0", {"grouping-separator": ""})'],
  ['an infinite number', '$formatNumber(1e308 * 10, "0.0e0")'],
  ['an ambiguous picture', `$toMillis("${repeat('1', 200)}x", "${repeat('[Y][M][D][H]', 15)}")`],
  ['roman numerals', '$formatInteger(1e300, "I")'],
  ['an ambiguous signature', `function($a)<${repeat('x+', 20)}b>{ 1 }(${repeat('1,', 200)}1)`],
  ['nested defaults', `${repeat('(', 60)}a${repeat(' ?: b)', 60)}`],
  ['nested defaults behind a slash', `${repeat('(', 60)}a/1${repeat(' ?? b)', 60)}`],
  ['nested brackets', repeat('(', 8000)],
  ['nested signs', repeat('-', 8000)],
  ['a long sum', `1${repeat('+1', 4000)}`],
  ['sorting', '$sort([1..20000], function($a, $b) { $a < $b })'],
  ['ordering', '[1..20000]^(>$)'],
  ['distinct objects', '$distinct([1..20000].{"a": $})'],
  ['spreading', '$spread([1..10000].{"a": $, "b": $})'],
  ['zipping', `$zip(${repeat('[1..20000],', 300)}[1])`],
  ['many lists under a star', '$merge([1..10000].{$string($): [1, 2]}).*'],
  ['grouping', '[1..20000]{"a": $}'],
  ['grouping rows', '[1..20000]@$a.{"k": "x", "v": $a}@$b{"a": $b}'],
  ['a promise that never ends', '($f := function($g) { {"then": $g} }; $f(function($r) { 1 }))'],
  [
    'a promise that fails',
    '($f := function($g) { {"then": $g} }; $f(function($r) { $error("x") }))',
  ],
  [
    'a promise in a group',
    '($f := function($g) { [1]{"then": $g} }; $f(function($r) { $error("x") }))',
  ],
  [
    'a promise from a list',
    '($f := function($g) { {"then": [$g][0]} }; $f(function($r) { $error("x") }))',
  ],
  [
    'a promise merged',
    '($f := function($g) { $merge([{"a": 1}, {"then": $g}]) }; $f(function($r) { $error("x") }))',
  ],
  ['a promise in a row', '($f := function($g) { ([1]@$then[0]) }; $f(function($r) { 1 }))'],
  ['a pattern as a promise', '{"then": /a/}'],
  ['failures side by side', '[$error("a"), $error("b"), [$error("c")], {"d": $error("d")}]'],
  ['the inside of a function', '$spread($string)[1].implementation("x")'],
];

describe('evaluate against attacks', () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeAll(() => void process.on('unhandledRejection', note));
  afterAll(() => void process.off('unhandledRejection', note));

  it.each(attacks)('ends soon and small: %s', async (_name, text) => {
    const start = performance.now();
    const before = process.memoryUsage().heapUsed;
    await answer(text, {}, DEFAULT_LIMITS);
    expect(performance.now() - start).toBeLessThan(SOON_MS);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(600 * 2 ** 20);
  });

  it('leaves no failure to the process', async () => {
    await clock.breathe();
    await clock.breathe();
    expect(unhandled).toStrictEqual([]);
  });

  it('lets others run while it does', async () => {
    const other = { turns: 0, isOver: false };
    const others = (async () => {
      while (!other.isOver) {
        await clock.breathe();
        other.turns += 1;
      }
    })();
    await valueOf('$count($map([1..5000], function($i) { $i * 2 + 1 }))');
    other.isOver = true;
    await others;
    expect(other.turns).toBeGreaterThan(5);
  });

  it('counts its own time only', async () => {
    let time = 0;
    const slowOthers = {
      now: () => time,
      breathe: async () => {
        await clock.breathe();
        time += 60_000;
      },
    };
    const parsed = parseExpression('$count($map([1..5000], function($i) { $i * 2 + 1 }))');
    if (!parsed.ok) throw new Error(parsed.problem.message);
    const result = await evaluate(parsed.expression, {}, DEFAULT_LIMITS, slowOthers);
    expect(result).toStrictEqual({ ok: true, value: 5000 });
  });

  it('does not count the time of others that are evaluated at once', async () => {
    let time = 0;
    const counting = { ...clock, now: () => (time += 1) };
    const limits = { ...DEFAULT_LIMITS, timeMs: 10_000 };
    const parsed = parseExpression('$count($map([1..1000], function($i) { $i * 2 + 1 }))');
    if (!parsed.ok) throw new Error(parsed.problem.message);
    const { expression } = parsed;
    const one = () => evaluate(expression, {}, limits, counting);
    expect(await one()).toStrictEqual({ ok: true, value: 1000 });
    const took = time;
    expect(took * 10).toBeGreaterThan(limits.timeMs);
    for (const result of await Promise.all(Array.from({ length: 10 }, one))) {
      expect(result).toStrictEqual({ ok: true, value: 1000 });
    }
  });

  it('gives its turn up when it fails', async () => {
    const texts = ['[$error("a"), [1..9000].($ + 1)]', '1 / 0', '[1..9000].($ + 1)', '1 + 1'];
    const results = await Promise.all([...texts, ...texts].map((text) => answer(text)));
    const expected = [false, false, true, true];
    expect(results.map(({ ok }) => ok)).toStrictEqual([...expected, ...expected]);
    expect(await valueOf('1 + 1')).toBe(2);
  });

  it('says which limit was met', async () => {
    const code = async (...args: Parameters<typeof problemWith>) =>
      (await problemWith(...args)).code;
    const loop = '($f := function($n) { $f($n + 1) }; $f(1))';
    expect(await code(loop, {}, { timeMs: 20 })).toBe('expression_timeout');
    const deep = '($f := function($n) { 1 + $f($n) }; $f(1))';
    expect(await code(deep, {}, { depth: 100, timeMs: 60_000 })).toBe('expression_too_deep');
    expect(await code('[1..1000000000]')).toBe('expression_too_large');
    expect(await code('[1..101]', {}, { items: 100 })).toBe('expression_too_large');
    expect(await code('[1..20000].("a long text of many words, so that all are large" & $)')).toBe(
      'expression_too_large',
    );
    expect(await code('inputs', { inputs: 'x'.repeat(300_000) })).toBe('expression_too_large');
    expect(await code(`"${'x'.repeat(9000)}"`)).toBe('expression_too_large');
  });
});

describe('evaluate and prototypes', () => {
  const hostile = JSON.parse(
    '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "a": 1}',
  ) as Json;

  it.each([
    'inputs.toString',
    'inputs.a.constructor',
    'inputs.hasOwnProperty',
    '$.constructor.constructor',
    '$lookup(inputs, "valueOf")',
    '"text".length',
    '[1, 2].push',
    '$__proto__',
    '$constructor',
    '$string.implementation',
    '$string.constructor',
    '$process',
    '$globalThis',
  ])('finds nothing: %s', async (text) => {
    expect((await problemWith(text, { inputs: { a: 1 } })).code).toBe('expression_no_value');
  });

  it.each([
    'inputs',
    '$merge([inputs, {"b": 2}])',
    '{"__proto__": {"polluted": 1}}',
    '{"constructor": {"prototype": {"polluted": 1}}}',
    '$spread(inputs)',
    '$each(inputs, function($v, $k) { {$k: $v} })',
    '$sift(inputs, function($v) { true })',
    'inputs.**',
    'inputs.*',
    '$formatNumber(1, "0", inputs.`__proto__`)',
  ])('changes no prototype: %s', async (text) => {
    await answer(text, { inputs: hostile });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toStrictEqual([]);
  });

  it('keeps such names as data', async () => {
    const value = await valueOf('inputs', { inputs: hostile });
    expect(JSON.stringify(value)).toBe(JSON.stringify(hostile));
  });

  it.each(['_jsonata_lambda', '_jsonata_function', 'tupleStream', 'outerWrapper'])(
    'refuses data that poses as something of JSONata: %s',
    async (name) => {
      const inputs = { x: { [name]: true, arguments: { length: 2 ** 53 } } };
      const problem = await problemWith('(inputs.x)(1)', { inputs });
      expect(problem).toMatchObject({ code: 'expression_failed' });
      expect(problem.message).toContain(name);
    },
  );
});
