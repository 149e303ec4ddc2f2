import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { JOB_STATUSES } from '../../../core/job/status.js';
import type { JobStatus } from '../../../core/job/status.js';
import type { Json } from '../../../core/json.js';

/** An action that undoes a node. */
export class CompensationActionResponse {
  @ApiProperty({
    description: 'The node that it undoes, or one that gathers others.',
    example: 'deploy',
  })
  node!: string;

  @ApiProperty({ example: 'shell' })
  type!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { script: './undeploy' } })
  config!: Readonly<Record<string, Json>>;

  @ApiProperty({ type: [String], description: 'The actions that come before it.', example: [] })
  after!: readonly string[];
}

export class CompensationResponse {
  @ApiProperty({ example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0d' })
  job_id!: string;

  @ApiProperty({
    description: 'The job that undoes it; there is none yet while `compensation_status` is absent.',
    example: 'job_01kb0z3v5w8f4n6c2q9x7t1r0e',
  })
  compensation_job_id!: string;

  @ApiPropertyOptional({ enum: JOB_STATUSES, example: 'completed' })
  compensation_status?: JobStatus;

  @ApiProperty({
    type: [CompensationActionResponse],
    description: 'For the nodes that have completed by now, in the order in which they may start.',
  })
  actions!: readonly CompensationActionResponse[];

  @ApiProperty({ description: 'There are more actions than are shown.', example: false })
  actions_truncated!: boolean;
}
