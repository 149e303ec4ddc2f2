import { describe, expect, it } from '@jest/globals';
import type { Json } from '../json.js';
import type { ExpressionScope } from './documents.js';
import { problemWith, valueOf } from '../../../test/support/expression.js';
import type { ExpressionCode } from './problem.js';

const scope: ExpressionScope = {
  inputs: { browsers: ['chrome', 'firefox'], version: '1.2', retries: 2, region: { name: 'eu' } },
  nodes: {
    build: { output: { version: '1.2', size: 1048576, log: 'built in 12 s\nwarning: slow\n' } },
    tests: {
      output: {
        failed: [{ name: 'login', ms: 20 }],
        results: [
          { name: 'login', status: 'failed', ms: 20 },
          { name: 'cart', status: 'passed', ms: 40 },
          { name: 'pay', status: 'passed', ms: 30 },
        ],
      },
    },
    'smoke-eu': { output: { ok: true } },
    empty: { output: { list: [] } },
  },
  item: { os: 'linux', node: 22 },
  index: 3,
  job: { id: 'job_1', name: 'nightly' },
};

const examples: readonly (readonly [string, Json])[] = [
  ['nodes.build.output.version = "1.2"', true],
  ['$count(nodes.tests.output.failed) > 0', true],
  ['$count(nodes.tests.output.skipped) = 0', true],
  ['inputs.browsers', ['chrome', 'firefox']],
  ['inputs.browsers[0]', 'chrome'],
  ['$count(inputs.browsers)', 2],
  ['nodes.`smoke-eu`.output.ok', true],
  ['nodes."smoke-eu".output.ok', true],
  ['nodes.tests.output.results[status="passed"].name', ['cart', 'pay']],
  ['nodes.tests.output.results[status="failed"].name', 'login'],
  ['nodes.tests.output.results[status="failed"].name[]', ['login']],
  ['$sum(nodes.tests.output.results.ms)', 90],
  ['$max(nodes.tests.output.results.ms)', 40],
  ['nodes.tests.output.results^(>ms).name', ['cart', 'pay', 'login']],
  [
    '$sort(nodes.tests.output.results, function($a, $b) { $a.ms > $b.ms }).name',
    ['login', 'pay', 'cart'],
  ],
  ['$sort(inputs.browsers)', ['chrome', 'firefox']],
  ['nodes.tests.output.results{status: $count($)}', { failed: 1, passed: 2 }],
  ['nodes.tests.output.results.{"n": name, "slow": ms > 25}[slow].n', ['cart', 'pay']],
  ['$map(inputs.browsers, $uppercase)', ['CHROME', 'FIREFOX']],
  ['$map(inputs.browsers, function($b, $i) { $b & "-" & $i })', ['chrome-0', 'firefox-1']],
  ['$filter(nodes.tests.output.results, function($r) { $r.ms > 25 }).name', ['cart', 'pay']],
  ['$reduce([1..5], function($a, $b) { $a + $b })', 15],
  ['[1..3]', [1, 2, 3]],
  ['inputs.retries > 1 and nodes.build.output.size < 2000000', true],
  ['inputs.retries > 1 ? "again" : "never"', 'again'],
  ['inputs.missing ?? "none"', 'none'],
  ['(inputs.a ?? inputs.b) ?? (inputs.c ?? "x")', 'x'],
  ['inputs.version in ["1.1", "1.2"]', true],
  ['"v" & inputs.version & "/" & item.os', 'v1.2/linux'],
  ['item.node >= 20 and index = 3', true],
  ['job.name', 'nightly'],
  ['nodes.tests.output.results[ms > $inputs.retries * 15].name', 'cart'],
  ['nodes.tests.output.results[ms > $$.inputs.retries * 15].name', 'cart'],
  ['$contains(nodes.build.output.log, /warning: .*$/m)', true],
  ['$match(nodes.build.output.log, /in (\\d+) s/).groups', ['12']],
  ['$number($match(nodes.build.output.log, /in (\\d+) s/)[0].groups[0])', 12],
  ['$replace(inputs.version, /(\\d)\\.(\\d)/, "$2.$1")', '2.1'],
  ['$split("a, b,c", /,\\s*/)', ['a', 'b', 'c']],
  ['$join(inputs.browsers, "+")', 'chrome+firefox'],
  ['$substring(?, 0, 3)("chrome")', 'chr'],
  ['inputs.browsers ~> $map(function($b) { $length($b) }) ~> $sum()', 13],
  ['$distinct([1, 2, 1, {"a": 1, "b": 2}, {"b": 2, "a": 1}])', [1, 2, { a: 1, b: 2 }]],
  ['$merge([{"a": 1}, {"b": 2}])', { a: 1, b: 2 }],
  ['$spread([{"a": 1, "b": 2}])', [{ a: 1 }, { b: 2 }]],
  ['$keys(inputs.region)', 'name'],
  ['$each(inputs.region, function($v, $k) { $k & "=" & $v })', 'name=eu'],
  ['$formatNumber(1234.5, "#,##0.00")', '1,234.50'],
  ['$pad("7", -3, "0")', '007'],
  ['$fromMillis(0)', '1970-01-01T00:00:00.000Z'],
  ['$toMillis("1970-01-01T00:00:01Z")', 1000],
  ['$toMillis("1970-01-01T00:00:01")', 1000],
  ['$string(item)', '{"os":"linux","node":22}'],
  ['(  $slow := function($r) { $r.ms > 25 }; $count(nodes.tests.output.results[$slow($)]) )', 2],
  ['($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(10))', 3628800],
  ['nodes.empty.output.list', []],
  ['nodes.empty.output.list{"a": 1} ~> $count()', 1],
  ['/* how many */ $count([1, 2])', 2],
  ['null', null],
  ['0 * -1', 0],
];

const problems: readonly (readonly [string, ExpressionCode, number | undefined])[] = [
  ['', 'expression_syntax', 0],
  ['nodes.', 'expression_syntax', 6],
  ['inputs.a b', 'expression_syntax', 10],
  ['"open', 'expression_syntax', 5],
  ['inputs.browsers + 1', 'expression_failed', 17],
  ['$cuont(inputs.browsers)', 'expression_failed', 7],
  ['count(inputs.browsers)', 'expression_failed', 6],
  ['$error("stop here")', 'expression_failed', 7],
  ['1 / 0', 'expression_failed', 3],
  ['inputs.nothing', 'expression_no_value', undefined],
  ['$count', 'expression_not_json', undefined],
  ['{"f": function($x) { $x }}', 'expression_not_json', undefined],
  ['$now()', 'expression_forbidden', 4],
  ['$millis()', 'expression_forbidden', 7],
  ['$random()', 'expression_forbidden', 7],
  ['$shuffle([1, 2])', 'expression_forbidden', 8],
  ['$eval("1")', 'expression_forbidden', 5],
  ['[1] ~> |$|{"a": 1}|', 'expression_forbidden', undefined],
  ['inputs.region.%.version', 'expression_forbidden', undefined],
  ['function($a)<s:s>{ $a }("x")', 'expression_forbidden', undefined],
  ['($nodes := 1; $nodes)', 'expression_forbidden', undefined],
  ['$contains("a", /(?=a)/)', 'expression_forbidden', undefined],
  ['$match("a", /a/)[0].match ?? 1', 'expression_forbidden', undefined],
];

describe('evaluate', () => {
  it.each(examples)('%s', async (text, value) => {
    expect(await valueOf(text, scope)).toStrictEqual(value);
  });

  it.each(problems)('says what is wrong with %s', async (text, code, position) => {
    const problem = await problemWith(text, scope);
    expect(problem).toMatchObject({ code, expression: text });
    if (position !== undefined) expect(problem.position).toBe(position);
    // What is wrong, and what to do.
    expect(problem.message).toMatch(/.+[.] .+[.]$|[.;] .+[.]$/s);
  });

  it('hides what is left out even where its name is bound elsewhere', async () => {
    const problem = await problemWith('(function() { ($now := 1) }; $now())');
    expect(problem.code).toBe('expression_forbidden');
  });

  it('changes nothing it reads', async () => {
    const before = structuredClone(scope);
    await valueOf('nodes.empty.output.list{"a": 1}', scope);
    await valueOf('[nodes.*.output.list]', scope);
    expect(scope).toStrictEqual(before);
  });
});
