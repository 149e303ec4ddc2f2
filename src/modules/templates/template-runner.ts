import { Injectable } from '@nestjs/common';
import { checkShapeSteps } from '../../core/graph/check-shape.js';
import type { CompileOptions } from '../../core/graph/compile.js';
import type { Shape } from '../../core/graph/shape.js';
import { runShape } from '../../core/template/run-shape.js';
import type { JsonObject } from '../../core/json.js';
import { applyParametersSteps } from '../../core/template/apply-parameters.js';
import { runDefinition } from '../../core/template/run-definition.js';
import { runInSlices } from '../../engine/slices.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import { Use } from '../dependencies.js';
import { JobSubmitter } from '../jobs/index.js';
import type { SubmitAnswer, Submitted } from '../jobs/index.js';
import { templatePath } from '../paths.js';
import type { SubmissionContext } from '../submissions.js';
import { refusal } from '../refusal.js';
import { contentOf, TemplateReader } from './template-reader.js';

export interface RunRequest extends SubmissionContext {
  readonly principal: Principal;
  readonly name: string;
  readonly body: unknown;
}

/** A body of which the shape has been checked; the rest are settings of the job. */
type RunBody = JsonObject & { readonly revision?: number; readonly inputs?: JsonObject };

/** Submits jobs made from templates. */
@Injectable()
export class TemplateRunner {
  private readonly shape: Shape;

  constructor(
    @Use('compileOptions') { shape }: CompileOptions,
    private readonly reader: TemplateReader,
    private readonly submitter: JobSubmitter,
  ) {
    this.shape = runShape(shape);
  }

  /**
   * Rejects with `template_not_found`, `template_revision_not_found`, `template_archived`,
   * `invalid_request`, and as a submission does. A repeat with the same key and body is answered with
   * the job of the first request, whatever has become of the template since.
   */
  run(request: RunRequest): Promise<SubmitAnswer> {
    const { principal, name, body, rawBody, idempotencyKey, correlation } = request;
    return this.submitter.submit({
      principal,
      read: () => this.prepare(principal, name, body ?? {}),
      content: [`run ${name}\n`, rawBody ?? ''],
      idempotencyKey,
      correlation,
    });
  }

  /** The job that a run with this body submits, yet to be compiled. Rejects as {@link run} does. */
  async prepare(principal: Principal, name: string, body: unknown): Promise<Submitted> {
    const report = await runInSlices(checkShapeSteps(this.shape, body));
    if (report.problems.length > 0) {
      throw refusal('invalid_request', report.problems, report.truncated);
    }
    const { revision, inputs, ...settings } = body as RunBody;
    const found = await this.reader.find(principal, name, revision);
    if (found.archived) {
      throw new RequestProblem(
        'template_archived',
        `The template is archived, and none of its revisions is run. To take it out of the archive, put it again: PUT ${templatePath(name)}`,
      );
    }
    const { parameters, definition } = await contentOf(found);
    const applied = await runInSlices(applyParametersSteps(parameters, inputs ?? {}));
    if (!applied.ok) {
      const faults = applied.problems.map((each) => ({
        ...each,
        pointer: `/inputs${each.pointer}`,
      }));
      throw refusal('invalid_request', faults, applied.truncated);
    }
    const { hash } = found.revision;
    return {
      body: runDefinition(definition, settings, applied.inputs),
      template: { name, revision: found.revision.revision, hash },
    };
  }
}
