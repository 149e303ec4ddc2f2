import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { TRIGGER_RULES } from '../../../core/graph/definition.js';
import { JOB_STATUSES, NODE_STATUSES } from '../../../core/job/status.js';
import type { JobStatus, NodeStatus } from '../../../core/job/status.js';
import { WAIT_KINDS } from '../../../core/why/explain-job.js';
import { GATE_KINDS } from '../../../core/why/gate.js';
import { ErrorResponse } from './job-responses.js';

const TIME = { format: 'date-time', example: '2026-11-21T14:10:32.000Z' };

export class NodeStandingResponse {
  @ApiProperty({ example: 'build' })
  id!: string;

  @ApiProperty({ enum: NODE_STATUSES, example: 'running' })
  status!: NodeStatus;
}

export class DependencyCountsResponse {
  @ApiProperty({ example: 3 })
  total!: number;

  @ApiProperty({ example: 1 })
  succeeded!: number;

  @ApiProperty({ description: 'Also those skipped because of a failure.', example: 0 })
  failed!: number;

  @ApiProperty({ example: 0 })
  skipped!: number;
}

export class KeyHolderResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  job_id!: string;

  @ApiProperty({ example: 'migrate' })
  node_id!: string;
}

export class GateResponse {
  @ApiProperty({
    enum: GATE_KINDS,
    description: 'What holds it back. New kinds may come; message is there for all.',
    example: 'dependency',
  })
  kind!: string;

  @ApiProperty({
    description: 'The same for people.',
    example: 'It waits for 1 of the 2 nodes it needs: build (running).',
  })
  message!: string;

  @ApiPropertyOptional({
    type: [NodeStandingResponse],
    description: '`dependency`: the first 20 it waits for, those under way first.',
  })
  nodes?: readonly NodeStandingResponse[];

  @ApiPropertyOptional({ description: '`dependency`: how many it waits for besides.', example: 0 })
  more?: number;

  @ApiPropertyOptional({ description: '`dependency`: how many it needs in all.', example: 2 })
  total?: number;

  @ApiPropertyOptional({
    enum: TRIGGER_RULES,
    description: '`trigger_rule`: the rule in force; on_failure may have made it another.',
  })
  rule?: string;

  @ApiPropertyOptional({
    description: '`trigger_rule`: `wait` while it is not decided, else why the node is skipped.',
    example: 'wait',
  })
  verdict?: string;

  @ApiPropertyOptional({
    type: DependencyCountsResponse,
    description: '`trigger_rule`: how the nodes it needs ended.',
  })
  dependencies?: DependencyCountsResponse;

  @ApiPropertyOptional({
    description: '`condition`: what is being judged.',
    example: '{% inputs.deploy = true %}',
  })
  when?: string;

  @ApiPropertyOptional({
    enum: ['job', 'instance'],
    description: "`slot`: whose places are taken: the job's concurrency, or those of an instance.",
  })
  scope?: string;

  @ApiPropertyOptional({
    description: '`breaker`: what failed several times in a row.',
    example: 'https://staging.example.com',
  })
  upstream?: string;

  @ApiPropertyOptional({ description: '`concurrency_key`: the key.', example: 'staging-db' })
  key?: string;

  @ApiPropertyOptional({
    type: [KeyHolderResponse],
    description: '`concurrency_key`: the first 20 that hold it, of jobs that you may see.',
  })
  holders?: readonly KeyHolderResponse[];

  @ApiPropertyOptional({
    description:
      '`slot`, `job_queued`: places taken; absent where only another instance knows. `concurrency_key`: nodes that hold it.',
    example: 10,
  })
  used?: number;

  @ApiPropertyOptional({
    description: '`slot`, `job_queued`, `concurrency_key`: places in all.',
    example: 10,
  })
  limit?: number;

  @ApiPropertyOptional({ description: '`slot`, `lease_elsewhere`: who drives the job.' })
  instance?: string;

  @ApiPropertyOptional({
    description:
      '`job_queued`: jobs before it by priority and age; absent where only another instance knows.',
    example: 3,
  })
  ahead?: number;

  @ApiPropertyOptional({
    description: '`job_queued`: true when it was paused, and needs a place again.',
  })
  resumed?: boolean;

  @ApiPropertyOptional({
    ...TIME,
    description: '`backoff`, `breaker`, `delay`, `approval`, `signal`: when the wait is over.',
  })
  until?: string;

  @ApiPropertyOptional({ description: '`backoff`: the attempt that failed.', example: 1 })
  attempt?: number;

  @ApiPropertyOptional({ description: '`backoff`: attempts it may have.', example: 3 })
  max_attempts?: number;

  @ApiPropertyOptional({ type: ErrorResponse, description: '`backoff`: why the attempt failed.' })
  error?: ErrorResponse;

  @ApiPropertyOptional({
    type: [String],
    description: '`approval`: who may decide: users, and roles as `role:name`.',
    example: ['anna', 'role:release'],
  })
  approvers?: readonly string[];

  @ApiPropertyOptional({
    enum: ['reject', 'approve', 'fail', 'complete'],
    description: '`approval`, `signal`: what becomes of it when the wait is over in vain.',
  })
  on_expiry?: string;

  @ApiPropertyOptional({
    description: '`sub_job`: the job that runs the node.',
    example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d',
  })
  job?: string;

  @ApiPropertyOptional({ ...TIME, description: '`paused`.' })
  since?: string;

  @ApiPropertyOptional({ description: '`paused`: who asked for it.', example: 'anna' })
  by?: string;

  @ApiPropertyOptional({ description: '`job_ending`: why it ends.' })
  reason?: string;

  @ApiPropertyOptional({ description: '`job_ending`: attempts that are waited for.', example: 1 })
  running?: number;
}

const GATES = {
  type: [GateResponse] as [typeof GateResponse],
  description: 'Every gate that holds it back; empty when nothing does.',
};

export class WhyNodeResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  job_id!: string;

  @ApiProperty({ example: 'deploy' })
  node_id!: string;

  @ApiProperty({ enum: NODE_STATUSES, example: 'pending' })
  status!: NodeStatus;

  @ApiProperty({
    description: 'The whole in one sentence, also of a node that runs or has ended.',
    example: 'Node deploy is pending and is held back by 2 gates: dependency, trigger_rule.',
  })
  summary!: string;

  @ApiProperty(GATES)
  gates!: readonly GateResponse[];
}

export class WaitingNodeResponse {
  @ApiProperty({ example: 'release' })
  id!: string;

  @ApiPropertyOptional({ ...TIME, description: 'When its attempt started.' })
  since?: string;

  @ApiPropertyOptional({ ...TIME, description: 'When its wait is over.' })
  until?: string;
}

export class WaitResponse {
  @ApiProperty({
    enum: WAIT_KINDS,
    description: 'What the nodes are under way with.',
    example: 'approval',
  })
  kind!: string;

  @ApiProperty({ example: 1 })
  count!: number;

  @ApiProperty({
    description: 'True when more than 1,000 nodes wait: some may be of this kind.',
    example: false,
  })
  at_least!: boolean;

  @ApiProperty({
    type: [WaitingNodeResponse],
    description: 'The first five, in definition order.',
  })
  nodes!: readonly WaitingNodeResponse[];
}

export class WhyJobResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  job_id!: string;

  @ApiProperty({ enum: JOB_STATUSES, example: 'running' })
  status!: JobStatus;

  @ApiProperty({
    description: 'The whole in one sentence.',
    example: 'The job is running: 1 node waits for an approval, 2 nodes have not started.',
  })
  summary!: string;

  @ApiProperty(GATES)
  gates!: readonly GateResponse[];

  @ApiProperty({ type: [WaitResponse], description: 'What it waits for now.' })
  waits!: readonly WaitResponse[];

  @ApiProperty({ description: 'Nodes that have not started.', example: 2 })
  not_started!: number;
}
