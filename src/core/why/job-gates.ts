import { driverOf, isEnding } from './circumstances.js';
import type { InstanceCircumstances, JobCircumstances } from './circumstances.js';
import type { Gate } from './gate.js';

type JobGate = (job: JobCircumstances, instance: InstanceCircumstances) => Gate | undefined;

const queued: JobGate = ({ progress }, { id, runningJobs, maxRunningJobs, jobsAhead }) => {
  // One that was paused has given its place back.
  const resumed = progress.status === 'running' && jobsAhead !== undefined;
  if (progress.status !== 'queued' && !resumed) return undefined;
  // With nobody else about, a job that is not in the queue any more is being taken.
  const ahead = jobsAhead ?? (id === undefined ? 0 : undefined);
  return {
    kind: 'job_queued',
    used: runningJobs,
    limit: maxRunningJobs,
    ...(resumed ? { resumed } : {}),
    ...(ahead === undefined ? {} : { ahead }),
  };
};

const paused: JobGate = ({ progress, paused }) =>
  progress.status === 'paused' ? { kind: 'paused', ...paused } : undefined;

const leaseElsewhere: JobGate = ({ progress }, instance) => {
  const { driver } = progress;
  return driverOf(progress, instance) === 'here'
    ? undefined
    : { kind: 'lease_elsewhere', ...(driver === undefined ? {} : { instance: driver }) };
};

const JOB_GATES: readonly JobGate[] = [queued, paused, leaseElsewhere];

/** What holds a job back that is to go on to its end; to be asked of jobs that are not ending. */
export function gatesOfJob(job: JobCircumstances, instance: InstanceCircumstances): Gate[] {
  return JOB_GATES.map((find) => find(job, instance)).filter((gate) => gate !== undefined);
}

/** What is left of a job that is ending; absent when it is not. */
export function endingGate({ progress }: JobCircumstances): Gate | undefined {
  if (!isEnding(progress)) return undefined;
  const { reason, counts } = progress;
  return {
    kind: 'job_ending',
    running: counts.running,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** What a node that may start finds no place in. */
export function slotGates(job: JobCircumstances, instance: InstanceCircumstances): Gate[] {
  const { header, progress } = job;
  const { running } = progress.counts;
  const gates: Gate[] = [];
  if (running >= header.concurrency) {
    gates.push({ kind: 'slot', scope: 'job', used: running, limit: header.concurrency });
  }
  const { runningNodes: used, maxRunningNodes: limit } = instance;
  const { driver } = progress;
  if (driverOf(progress, instance) === 'elsewhere' && driver !== undefined) {
    gates.push({ kind: 'slot', scope: 'instance', instance: driver });
  } else if (used >= limit) {
    gates.push({ kind: 'slot', scope: 'instance', used, limit });
  }
  return gates;
}
