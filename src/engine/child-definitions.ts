import { compileSteps, type CompileOptions } from '../core/graph/compile.js';
import { subJobDefinition } from '../core/graph/definition.js';
import type { NormalizedJob } from '../core/graph/normalize.js';
import type { Problem } from '../core/graph/problem.js';
import type { AttemptError } from '../core/job/attempt.js';
import type { JsonObject } from '../core/json.js';
import type { Plan } from '../core/plan/plan.js';
import { applyParametersSteps } from '../core/template/apply-parameters.js';
import { runDefinition } from '../core/template/run-definition.js';
import type { TemplateContent, TemplateOrigin } from '../core/template/template.js';
import type { TemplateStore } from '../ports/template-store.js';
import { runInSlices } from './slices.js';

/** What a node of type `sub_job` says, its expressions evaluated. */
export interface SubJobConfig {
  readonly template?: string;
  readonly revision?: number;
  readonly definition?: JsonObject;
  readonly inputs?: JsonObject;
}

export type ChildDefinition =
  | {
      readonly job: NormalizedJob;
      readonly plan: Plan;
      readonly template?: TemplateOrigin;
    }
  | { readonly error: AttemptError };

const PROBLEMS_TOLD = 3;

/** Makes jobs of what nodes of type `sub_job` say. */
export class ChildDefinitions {
  readonly #templates: TemplateStore;
  readonly #options: CompileOptions;

  constructor(templates: TemplateStore, options: CompileOptions) {
    this.#templates = templates;
    this.#options = options;
  }

  /** Rejects with {@link StoreUnavailable} when a template cannot be read. */
  async read(tenantId: string, nodeId: string, config: SubJobConfig): Promise<ChildDefinition> {
    const { template, revision, definition = {}, inputs } = config;
    if (template !== undefined) {
      return this.#ofTemplate(tenantId, template, revision, inputs ?? {});
    }
    const given = subJobDefinition(definition, nodeId);
    return this.#compile(inputs === undefined ? given : { ...given, inputs });
  }

  async #ofTemplate(
    tenantId: string,
    name: string,
    revision: number | undefined,
    given: JsonObject,
  ): Promise<ChildDefinition> {
    const found = await this.#templates.get(tenantId, name, revision);
    if (found === undefined) {
      const which = revision === undefined ? '' : ` with revision ${revision}`;
      return refused('template_not_found', `There is no template ${name}${which}. Put it first.`);
    }
    if (found.archived) {
      const message = `Template ${name} is archived. Put it again to take it out of the archive.`;
      return refused('template_archived', message);
    }
    const { parameters, definition } = JSON.parse(found.revision.content) as TemplateContent;
    const applied = await runInSlices(applyParametersSteps(parameters, given));
    if (!applied.ok) return refused('invalid_inputs', told('inputs', applied.problems));
    const compiled = await this.#compile(runDefinition(definition, {}, applied.inputs));
    if ('error' in compiled) return compiled;
    const { revision: number, hash } = found.revision;
    return { ...compiled, template: { name, revision: number, hash } };
  }

  async #compile(document: JsonObject): Promise<ChildDefinition> {
    const result = await runInSlices(compileSteps(document, this.#options));
    if (!result.ok) return refused('invalid_definition', told('definition', result.problems));
    return { job: result.job, plan: result.plan };
  }
}

function refused(code: string, message: string): ChildDefinition {
  return { error: { class: 'non_retryable', code, message } };
}

function told(what: string, problems: readonly Problem[]): string {
  const first = problems.slice(0, PROBLEMS_TOLD);
  const rest = problems.length - first.length;
  const list = first.map(({ pointer, message }) => `${what}${pointer}: ${message}`).join('; ');
  return rest === 0 ? `${list}.` : `${list}; and ${rest} more.`;
}
