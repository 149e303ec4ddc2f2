import { Injectable } from '@nestjs/common';
import { MAX_DRAWN_NODES, renderDot, renderMermaid } from '../../core/graph/render.js';
import type { Principal } from '../../platform/auth/index.js';
import { RequestProblem } from '../../platform/errors/index.js';
import type { JobProjections } from '../../ports/job-projections.js';
import { Use } from '../dependencies.js';
import type { GraphFormat } from './dto/queries.js';
import { JobReader } from './job-reader.js';
import { statusOf } from './job-views.js';

const RENDERERS = { mermaid: renderMermaid, dot: renderDot };

/** Draws the graphs of jobs. */
@Injectable()
export class GraphRenderer {
  constructor(
    private readonly jobs: JobReader,
    @Use('projections') private readonly projections: JobProjections,
  ) {}

  /** Rejects with `job_not_found`, or with `graph_too_large` when there is more than can be drawn. */
  async render(principal: Principal, jobId: string, format: GraphFormat): Promise<string> {
    const job = await this.jobs.find(principal, jobId);
    if (job.header.nodeCount > MAX_DRAWN_NODES) {
      throw tooLarge('nodes', job.header.nodeCount, MAX_DRAWN_NODES);
    }
    const views = await this.projections.nodes(job.header, { after: -1, limit: MAX_DRAWN_NODES });
    const drawing = RENDERERS[format](
      views.map((view) => ({ ...view.definition, status: statusOf(job.progress.status, view) })),
      views.flatMap(({ definition: { id, needs = [] } }) =>
        needs.map((from) => ({ from, to: id })),
      ),
    );
    if (!drawing.ok) {
      const what = drawing.code === 'too_many_nodes' ? 'nodes' : 'dependencies';
      throw tooLarge(what, drawing.count, drawing.limit);
    }
    return drawing.text;
  }
}

function tooLarge(what: string, count: number, limit: number): RequestProblem {
  return new RequestProblem(
    'graph_too_large',
    `The job has ${count} ${what}, and at most ${limit} are drawn. Page through its nodes instead.`,
  );
}
