import { jsonBytes } from '../graph/json-size.js';
import { pointerTo } from '../graph/problem.js';
import type { Json } from '../json.js';
import { Budget } from './budget.js';
import { copyScope, type Documents, type ExpressionScope } from './documents.js';
import { run } from './evaluate.js';
import { wordJsonataError } from './jsonata-error.js';
import type { EvaluationClock, EvaluationLimits } from './limits.js';
import { parseExpression } from './parse-expression.js';
import { ExpressionFault, problemOf, type ExpressionProblem } from './problem.js';
import { OPENING, readTemplate, type Piece } from './read-template.js';
import { joinReferences, type References } from './references.js';

/** A problem with one expression of a template. */
export interface TemplateProblem extends ExpressionProblem {
  /** RFC 6901 JSON pointer to the text with the expression, within the template. */
  readonly pointer: string;
}

export type TemplateResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problem: TemplateProblem };

export type TemplateReferences =
  | { readonly ok: true; readonly references: References }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] };

/** Problems that {@link templateReferences} lists. */
const MOST_PROBLEMS = 100;

/** True when a value has a text that {@link renderTemplate} would change; the names of members stay. */
export function hasTemplate(value: Json): boolean {
  if (typeof value === 'string') return value.includes(OPENING);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member: Json) => hasTemplate(member));
}

/** What the expressions of a template read together, or all that is wrong with them. */
export function templateReferences(template: Json): TemplateReferences {
  const references: References[] = [];
  const problems: TemplateProblem[] = [];
  for (const { pointer, text } of textsOf(template, '')) {
    try {
      for (const piece of readTemplate(text)) {
        if (piece.kind === 'text') continue;
        const parsed = parseExpression(piece.text);
        if (parsed.ok) references.push(parsed.expression.references);
        else problems.push({ ...parsed.problem, pointer });
      }
    } catch (error) {
      problems.push({ ...problemOf(wordJsonataError(error, true), text), pointer });
    }
    if (problems.length >= MOST_PROBLEMS) break;
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, references: joinReferences(references) };
}

/**
 * A value with its expressions replaced. A text that is exactly one `{% … %}` becomes the expression's
 * value; where it stands in other text its value becomes text, anything but a text as JSON. A `{%%`
 * becomes `{%`. Everything else stays, the names of members too.
 *
 * All expressions together have the time, the work and the bytes of result of one; the first problem
 * ends it. Never rejects; {@link evaluate} says what is guaranteed.
 */
export async function renderTemplate(
  template: Json,
  scope: ExpressionScope,
  limits: EvaluationLimits,
  clock: EvaluationClock,
): Promise<TemplateResult> {
  if (!hasTemplate(template)) return { ok: true, value: template };
  const renderer = new Renderer(scope, limits, clock);
  try {
    await renderer.budget.begin();
    return { ok: true, value: await renderer.render(template, '') };
  } catch (error) {
    const problem = problemOf(wordJsonataError(error, false), renderer.expression);
    return { ok: false, problem: { ...problem, pointer: renderer.pointer } };
  } finally {
    renderer.budget.end();
  }
}

class Renderer {
  /** Where the renderer stands, for its problem. */
  pointer = '';
  expression = '';
  readonly budget: Budget;
  private documents: Documents | undefined;
  private bytes = 0;

  constructor(
    private readonly scope: ExpressionScope,
    private readonly limits: EvaluationLimits,
    clock: EvaluationClock,
  ) {
    this.budget = new Budget(limits, clock);
  }

  async render(template: Json, pointer: string): Promise<Json> {
    if (!hasTemplate(template)) return template;
    if (typeof template === 'string') return this.text(template, pointer);
    if (isList(template)) {
      const list: Json[] = [];
      for (const [index, member] of template.entries()) {
        list.push(await this.render(member, pointerTo(pointer, index)));
      }
      return list;
    }
    const members: [string, Json][] = [];
    if (typeof template !== 'object' || template === null) return template;
    for (const [name, member] of Object.entries<Json>(template)) {
      members.push([name, await this.render(member, pointerTo(pointer, name))]);
    }
    return Object.fromEntries(members);
  }

  private async text(template: string, pointer: string): Promise<Json> {
    this.pointer = pointer;
    this.expression = template;
    const pieces = readTemplate(template);
    const [only] = pieces;
    if (pieces.length === 1 && only?.kind === 'expression') return this.value(only);
    let text = '';
    for (const piece of pieces) {
      const value = piece.kind === 'text' ? piece.text : await this.value(piece);
      text += typeof value === 'string' ? value : JSON.stringify(value);
    }
    return text;
  }

  private async value(piece: Piece): Promise<Json> {
    this.expression = piece.text;
    const parsed = parseExpression(piece.text);
    if (!parsed.ok) {
      const { code, message, position } = parsed.problem;
      throw new ExpressionFault(code, message, position);
    }
    this.documents ??= copyScope(this.scope, this.limits);
    this.budget.restart();
    const value = await run(parsed.expression, this.documents, this.budget);
    this.bytes += jsonBytes(value, this.limits.resultBytes);
    if (this.bytes > this.limits.resultBytes) {
      throw new ExpressionFault(
        'expression_too_large',
        `The results of the expressions are larger than ${this.limits.resultBytes} bytes together. Let them select less.`,
      );
    }
    return value;
  }
}

function* textsOf(value: Json, pointer: string): Generator<{ pointer: string; text: string }> {
  if (typeof value === 'string') {
    if (value.includes(OPENING)) yield { pointer, text: value };
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries<Json>(value)) {
      yield* textsOf(member, pointerTo(pointer, name));
    }
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
