import { either } from '../graph/wording.js';
import type { Gate } from './gate.js';

/** What a gate says, for people, in one sentence. */
export function sentenceOf(gate: Gate): string {
  switch (gate.kind) {
    case 'dependency':
      return dependency(gate);
    case 'trigger_rule':
      return triggerRule(gate);
    case 'condition':
      return 'Its condition (when) is being judged; the node is admitted or skipped by it.';
    case 'slot':
      return slot(gate);
    case 'concurrency_key':
      return concurrencyKey(gate);
    case 'backoff': {
      const why = gate.error === undefined ? '' : ` (${gate.error.code})`;
      const failed = `Attempt ${gate.attempt} of at most ${gate.max_attempts} failed${why}`;
      return `${failed}; the next may start ${from(gate.until)}.`;
    }
    case 'breaker':
      return `${gate.upstream} failed several times in a row, so its attempt is held back, and not counted; it may begin ${from(gate.until)}.`;
    case 'delay':
      return gate.until === undefined ? 'It waits.' : `It waits until ${time(gate.until)}.`;
    case 'approval': {
      const silence = gate.on_expiry === 'approve' ? 'counts as approved' : 'counts as rejected';
      const who = either(gate.approvers);
      return gate.until === undefined
        ? `It waits until ${who} approves or rejects it, at most until the job times out.`
        : `It waits until ${who} approves or rejects it; silence until ${time(gate.until)} ${silence}.`;
    }
    case 'signal': {
      const then = gate.on_expiry === 'complete' ? 'completes' : 'fails';
      return gate.until === undefined
        ? 'It waits for a signal, at most until the job times out.'
        : `It waits for a signal; when none has come by ${time(gate.until)} it ${then}.`;
    }
    case 'sub_job':
      return `It waits for job ${gate.job} to end, which runs it; what that one waits for, it says itself.`;
    case 'paused': {
      const since = gate.since === undefined ? '' : ` since ${time(gate.since)}`;
      const by = gate.by === undefined ? '' : `, by ${gate.by}`;
      return `The job is paused${since}${by}: nothing of it starts until it is resumed.`;
    }
    case 'job_queued':
      return jobQueued(gate);
    case 'job_ending': {
      const why = gate.reason === undefined ? '' : ` (${gate.reason.replace(/\.$/, '')})`;
      const rest =
        gate.running === 0 ? '' : `; ${count(gate.running, 'attempt', 'is', 'are')} waited for`;
      return `The job is ending${why}: nothing of it starts any more${rest}.`;
    }
    case 'lease_elsewhere':
      return gate.instance === undefined
        ? 'No instance drives the job at this moment; one takes it over within seconds.'
        : `The job is driven by another instance, ${gate.instance}; should that one die, it goes on when its lease has run out.`;
  }
}

/** `1 node runs`, `2 nodes run`. */
export function count(number: number, thing: string, one: string, several: string): string {
  return `${plural(number, thing)} ${number === 1 ? one : several}`;
}

/** `1 node`, `2 nodes`. */
export function plural(number: number, thing: string): string {
  return number === 1 ? `1 ${thing}` : `${number} ${thing}s`;
}

/** ISO 8601, in UTC. */
export function time(ms: number): string {
  return new Date(ms).toISOString();
}

type Of<K extends Gate['kind']> = Extract<Gate, { readonly kind: K }>;

function dependency({ nodes, more, total }: Of<'dependency'>): string {
  const named = nodes.map(({ id, status }) => `${id} (${status})`).join(', ');
  const rest = more === 0 ? '' : ` and ${more} more`;
  const open = nodes.length + more;
  const all = total === 1 ? 'the node it needs' : `all ${total} nodes it needs`;
  const those = open === total ? all : `${open} of the ${total} nodes it needs`;
  return `It waits for ${those}: ${named}${rest}.`;
}

function triggerRule({ rule, verdict, dependencies }: Of<'trigger_rule'>): string {
  const { total, succeeded, failed, skipped } = dependencies;
  const open = total - succeeded - failed - skipped;
  const tally = `${succeeded} succeeded, ${failed} failed, ${skipped} skipped, ${open} open`;
  return verdict === 'wait'
    ? `Its trigger rule ${rule} is not decided: ${tally}.`
    : `Its trigger rule ${rule} can no longer be met (${tally}), so it will be skipped: ${verdict}.`;
}

function slot({ scope, used, limit, instance }: Of<'slot'>): string {
  if (used === undefined || limit === undefined) {
    return `Whether a slot is free for it only instance ${instance ?? ''} knows, which drives the job.`;
  }
  return scope === 'job'
    ? `The concurrency of the job is used up: ${used} of ${limit} nodes run.`
    : `The slots of the instance are used up: ${used} of ${limit} attempts run, of all jobs.`;
}

function concurrencyKey({ key, used, limit, holders }: Of<'concurrency_key'>): string {
  if (used < limit) {
    return `It is about to get the concurrency key ${key}, or others come before it: ${used} of ${limit} hold it.`;
  }
  const named = holders.map(({ job_id: job, node_id: node }) => `${node} of ${job}`);
  const others = used - holders.length;
  if (others > 0) named.push(`${others} ${named.length > 0 ? 'more ' : ''}of other users`);
  return `It waits for the concurrency key ${key}, which ${used} of ${limit} nodes hold: ${named.join(', ')}.`;
}

function jobQueued({ ahead, used, limit, resumed }: Of<'job_queued'>): string {
  const running = `${used} of ${limit} jobs run`;
  const job = resumed === true ? 'The job was resumed and waits for a place' : 'The job is queued';
  if (ahead === undefined) {
    return `${job}: ${running} on this instance, and which comes first, another one knows.`;
  }
  if (ahead === 0) return `${job}: ${running}, and it is the next.`;
  const before = count(ahead, 'job', 'is', 'are');
  return `${job}: ${running}, and ${before} before it by priority and age.`;
}

function from(until: number | undefined): string {
  return until === undefined ? 'at once' : `at ${time(until)}`;
}
