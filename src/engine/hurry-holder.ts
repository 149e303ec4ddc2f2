import { priorityOf, type JobRef } from '../core/job/job-record.js';
import { isTerminalJob } from '../core/job/status.js';
import type { SteeringCommand } from '../core/job/commands.js';
import type { KeyHolder } from '../ports/concurrency-keys.js';
import type { JobProjections } from '../ports/job-projections.js';

/**
 * Has the job that runs a node which holds a key run at the priority of who waits for the key. That
 * job ends with the node, so nothing stays raised once the key is free; a node that runs itself has
 * its slot already. Rejects with {@link StoreUnavailable}; to be asked again then.
 */
export async function hurryHolder(
  holder: KeyHolder,
  priority: number,
  projections: Pick<JobProjections, 'job' | 'node'>,
  steer: (job: JobRef, command: SteeringCommand) => Promise<unknown>,
): Promise<void> {
  const { tenantId, nodeId } = holder;
  const state = (await projections.node(holder, nodeId))?.state;
  if (state?.status !== 'waiting' || state.child === undefined) return;
  const view = await projections.job({ tenantId, jobId: state.child });
  if (view === undefined || isTerminalJob(view.progress.status)) return;
  if (priorityOf(view) >= priority) return;
  await steer(view.header, { type: 'change_priority', by: 'baton', priority });
}
