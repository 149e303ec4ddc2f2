import type { AttemptError } from '../../core/job/attempt.js';
import type { JobExplanation, Wait } from '../../core/why/explain-job.js';
import type { Explanation } from '../../core/why/explain-node.js';
import type { Gate } from '../../core/why/gate.js';
import { sentenceOf } from '../../core/why/sentence.js';
import type { JobView, NodeView } from '../../ports/job-projections.js';
import type { Answer } from '../answer.js';
import type {
  GateResponse,
  WaitResponse,
  WhyJobResponse,
  WhyNodeResponse,
} from './dto/why-responses.js';
import { optionalTime, showError, statusOf } from './job-views.js';

export function showWhyNode(
  { header, progress }: JobView,
  node: NodeView,
  { summary, gates }: Explanation,
): Answer<WhyNodeResponse> {
  return {
    job_id: header.jobId,
    node_id: node.definition.id,
    status: statusOf(progress.status, node),
    summary,
    gates: gates.map(showGate),
  };
}

export function showWhyJob(
  { header, progress }: JobView,
  { summary, gates, waits, notStarted }: JobExplanation,
): Answer<WhyJobResponse> {
  return {
    job_id: header.jobId,
    status: progress.status,
    summary,
    gates: gates.map(showGate),
    waits: waits.map(showWait),
    not_started: notStarted,
  };
}

function showGate(gate: Gate): Answer<GateResponse> {
  const { until, since, error, ...rest } = gate as Gate & {
    readonly until?: number;
    readonly since?: number;
    readonly error?: AttemptError;
  };
  return {
    ...rest,
    message: sentenceOf(gate),
    ...optionalTime('since', since),
    ...optionalTime('until', until),
    ...(error === undefined ? {} : { error: showError(error) }),
  };
}

function showWait({ nodes, ...rest }: Wait): Answer<WaitResponse> {
  return {
    ...rest,
    nodes: nodes.map(({ id, since, until }) => ({
      id,
      ...optionalTime('since', since),
      ...optionalTime('until', until),
    })),
  };
}
