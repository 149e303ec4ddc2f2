import type { DeadLetter, DeadLetterInfo } from '../../ports/dead-letters.js';
import type { Answer } from '../answer.js';
import { isoTime, showError } from '../jobs/index.js';
import { deadLetterPath, jobPath, nodePath } from '../paths.js';
import type { DeadLetterDetailResponse, DeadLetterResponse } from './dead-letters.dto.js';

export function showLetter(letter: DeadLetterInfo): Answer<DeadLetterResponse> {
  const { id, jobId, nodeId, requeued } = letter;
  const node = nodePath(jobId, nodeId);
  return {
    id,
    status: requeued === undefined ? 'open' : 'requeued',
    job_id: jobId,
    job_name: letter.jobName,
    owner: letter.owner,
    ...(letter.template === undefined ? {} : { template: letter.template }),
    node_id: nodeId,
    type: letter.type,
    attempts: letter.attempts,
    error: showError(letter.error),
    failed_at: isoTime(letter.at),
    ...(requeued === undefined
      ? {}
      : { requeued: { job_id: requeued.jobId, by: requeued.by, at: isoTime(requeued.at) } }),
    links: {
      self: deadLetterPath(id),
      job: jobPath(jobId),
      node,
      log: `${node}/logs?attempt=${letter.attempts}`,
      requeue: `${deadLetterPath(id)}/requeue`,
      ...(requeued === undefined ? {} : { requeued_as: jobPath(requeued.jobId) }),
    },
  };
}

export function showLetterDetail(letter: DeadLetter): Answer<DeadLetterDetailResponse> {
  const { config, configOmitted } = letter;
  return {
    ...showLetter(letter),
    config: config ?? {},
    ...(configOmitted === undefined ? {} : { config_omitted: true }),
  };
}
