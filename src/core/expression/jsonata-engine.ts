import jsonata from 'jsonata';
import type { AstNode } from './ast.js';
import type { Pattern } from './pattern/pattern.js';
import { findMatch } from './pattern/find-match.js';

/** A function of JSONata, as version 2.2.2 keeps them. */
export interface NativeFunction {
  readonly _jsonata_function: true;
  readonly implementation: (this: Focus, ...args: unknown[]) => unknown;
  /** Checks the arguments, before the implementation sees them. */
  readonly signature?: unknown;
  readonly arity?: number;
}

/** What an implementation gets as `this`. */
export interface Focus {
  readonly createSequence: () => unknown[];
}

/** Variables that can be seen from a part of an expression. */
export interface Environment {
  bind(name: string, value: unknown): void;
  lookup(name: string): unknown;
}

export interface Program {
  ast(): AstNode;
  evaluate(input: unknown, variables: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/** Called around the evaluation of every part of an expression. */
export interface Hooks {
  enter(part: AstNode, input: unknown, environment: Environment): Promise<void> | undefined;
  leave(part: AstNode, result: unknown): void;
}

interface Options {
  /** Members of the longest sequence that may be made. */
  readonly sequence: number;
  readonly matcher: new (source: RegExp) => { lastIndex: number; exec(text: string): unknown };
  readonly hooks: Hooks;
}

/** @throws whatever JSONata's parser throws. */
export function parseProgram(text: string): AstNode {
  return jsonata(text).ast() as unknown as AstNode;
}

/** The text as a program of its own, sharing nothing that evaluating it changes with any other. */
export function createProgram(text: string, options: Options): Program {
  const expression = jsonata(text, {
    sequence: options.sequence,
    RegexEngine: options.matcher as unknown as RegExpConstructor,
  });
  const assign = (symbol: string, callback: unknown) =>
    expression.assign(Symbol.for(symbol) as unknown as string, callback);
  const { hooks } = options;
  assign('jsonata.__evaluate_entry', (part: AstNode, input: unknown, environment: Environment) =>
    hooks.enter(part, input, environment),
  );
  assign(
    'jsonata.__evaluate_exit',
    (part: AstNode, _input: unknown, _environment: Environment, result: unknown) =>
      hooks.leave(part, result),
  );
  return expression as unknown as Program;
}

/**
 * What JSONata uses in place of RegExp: the same answers for the patterns given, in time that
 * `spend` can end.
 */
export function matcherFor(
  patterns: ReadonlyMap<string, Pattern>,
  spend: (work: number) => void,
): Options['matcher'] {
  return class Matcher {
    lastIndex = 0;
    private readonly pattern: Pattern;

    constructor(source: RegExp) {
      const pattern = patterns.get(patternKey(source));
      if (pattern === undefined) throw new TypeError('A pattern that was never checked.');
      this.pattern = pattern;
    }

    exec(text: unknown): (string | undefined)[] | null {
      if (typeof text !== 'string') throw new TypeError('A regular expression takes a text.');
      const marks = findMatch(this.pattern, text, this.lastIndex, spend);
      this.lastIndex = marks?.[1] ?? 0;
      if (marks === undefined) return null;
      const groups = Array.from({ length: this.pattern.groups }, (_, group) => {
        const start = marks[2 * group] ?? -1;
        const end = marks[2 * group + 1] ?? -1;
        return start < 0 || end < 0 ? undefined : text.slice(start, end);
      });
      return Object.assign(groups, { index: marks[0] ?? 0 });
    }
  };
}

/** Under which {@link matcherFor} finds the pattern of a regular expression. */
export function patternKey(source: unknown): string {
  return source instanceof RegExp ? `${source.flags}/${source.source}` : '';
}
