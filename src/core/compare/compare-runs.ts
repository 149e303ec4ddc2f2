import type { NodeDefinition } from '../graph/definition.js';
import type { JobHeader, NodeProjection } from '../job/job-record.js';
import type { NodeStatus } from '../job/status.js';
import type { Json } from '../json.js';
import { compareFields, type FieldChange } from '../template/field-changes.js';

/** What a node of a run came to, as far as runs are compared by it. */
export interface NodeOutcome {
  readonly status: NodeStatus;
  readonly attempts: number;
  /** Milliseconds from the start of its first attempt to the end of its last; absent before that. */
  readonly duration_ms?: number;
  readonly error_code?: string;
  /** Of its output. Absent when it has none, and of one too large to be kept with the job. */
  readonly output_hash?: string;
  /** Its output is too large to be kept with the job, so nothing is known of it. */
  readonly output_unknown?: true;
}

/** A job as it is compared: its settings, and its nodes in definition order with what they came to. */
export interface ComparedRun {
  readonly header: JobHeader;
  readonly nodes: readonly NodeDefinition[];
  readonly outcomes: readonly NodeOutcome[];
}

export const DIFFERENCES = ['definition', 'status', 'attempts', 'error', 'output'] as const;
export type Difference = (typeof DIFFERENCES)[number];

export interface ComparedNode {
  readonly id: string;
  /** Durations hardly ever agree, and are none. */
  readonly differs: readonly Difference[];
  /** Absent where it is not known. */
  readonly output_equal?: boolean;
  /** The duration in b divided by that in a; absent when one is unknown, or that in a is 0. */
  readonly duration_ratio?: number;
  readonly a: NodeOutcome;
  readonly b: NodeOutcome;
}

export interface RunTotals {
  readonly attempts: number;
  /** The durations of its nodes, in ms, added up. */
  readonly node_ms: number;
}

/** At most {@link MAX_COMPARED} of each kind are listed; the counts are of all. */
export interface RunComparison {
  /** Pointers lead into the settings of the job. */
  readonly settings: readonly FieldChange[];
  readonly only_in_a: readonly string[];
  readonly only_in_b: readonly string[];
  /** Those that differ before those that do not; in the order of a's definition. */
  readonly nodes: readonly ComparedNode[];
  readonly counts: {
    readonly common: number;
    readonly differing: number;
    readonly only_in_a: number;
    readonly only_in_b: number;
  };
  readonly totals: { readonly a: RunTotals; readonly b: RunTotals };
  readonly truncated: boolean;
}

export const MAX_COMPARED = 1_000;
const NODES_PER_STEP = 256;

/** What two runs have in common and what not. Yields every few hundred nodes. */
export function* compareRunsSteps(a: ComparedRun, b: ComparedRun): Generator<void, RunComparison> {
  const inB = new Map<string, number>();
  for (const [index, { id }] of b.nodes.entries()) {
    inB.set(id, index);
    if (index % NODES_PER_STEP === 0) yield;
  }
  const onlyInA: string[] = [];
  const differing: ComparedNode[] = [];
  const same: ComparedNode[] = [];
  let common = 0;
  let differences = 0;
  for (const [index, node] of a.nodes.entries()) {
    if (index % NODES_PER_STEP === 0) yield;
    const other = inB.get(node.id);
    if (other === undefined) {
      onlyInA.push(node.id);
      continue;
    }
    inB.delete(node.id);
    common++;
    const compared = compareNode(node, b.nodes[other], a.outcomes[index], b.outcomes[other]);
    if (compared.differs.length > 0) differences++;
    const list = compared.differs.length > 0 ? differing : same;
    if (list.length < MAX_COMPARED) list.push(compared);
  }
  const onlyInB = [...inB.keys()];
  const settings: FieldChange[] = [];
  compareFields(settingsOf(a.header), settingsOf(b.header), '', settings);
  return {
    settings: settings.slice(0, MAX_COMPARED),
    only_in_a: onlyInA.slice(0, MAX_COMPARED),
    only_in_b: onlyInB.slice(0, MAX_COMPARED),
    nodes: [...differing, ...same].slice(0, MAX_COMPARED),
    counts: {
      common,
      differing: differences,
      only_in_a: onlyInA.length,
      only_in_b: onlyInB.length,
    },
    totals: { a: yield* totalsSteps(a), b: yield* totalsSteps(b) },
    truncated: [common, onlyInA.length, onlyInB.length, settings.length].some(
      (count) => count > MAX_COMPARED,
    ),
  };
}

/** What a node came to, from what the store shows of it, and the hash of its output. */
export function outcomeOf(
  { status, attempt, startedAt, finishedAt, history, error }: NodeProjection,
  output: Pick<NodeOutcome, 'output_hash' | 'output_unknown'>,
): NodeOutcome {
  const began = history?.[0]?.started_at ?? startedAt;
  return {
    status,
    attempts: attempt,
    ...(began === undefined || finishedAt === undefined ? {} : { duration_ms: finishedAt - began }),
    ...(error === undefined ? {} : { error_code: error.code }),
    ...output,
  };
}

const NOTHING: NodeOutcome = { status: 'pending', attempts: 0 };

function compareNode(
  nodeA: NodeDefinition,
  nodeB: NodeDefinition | undefined,
  a = NOTHING,
  b = NOTHING,
): ComparedNode {
  const known = a.output_unknown !== true && b.output_unknown !== true;
  const equal = known ? a.output_hash === b.output_hash : undefined;
  const changes: FieldChange[] = [];
  compareFields(asJson(nodeA), asJson(nodeB ?? {}), '', changes);
  const found: Readonly<Record<Difference, boolean>> = {
    definition: changes.length > 0,
    status: a.status !== b.status,
    attempts: a.attempts !== b.attempts,
    error: a.error_code !== b.error_code,
    output: equal === false,
  };
  return {
    id: nodeA.id,
    differs: DIFFERENCES.filter((difference) => found[difference]),
    ...(equal === undefined ? {} : { output_equal: equal }),
    ...ratio(a.duration_ms, b.duration_ms),
    a,
    b,
  };
}

function ratio(a: number | undefined, b: number | undefined): { readonly duration_ratio?: number } {
  if (a === undefined || b === undefined || a === 0) return {};
  return { duration_ratio: Math.round((1000 * b) / a) / 1000 };
}

function* totalsSteps({ outcomes }: ComparedRun): Generator<void, RunTotals> {
  let attempts = 0;
  let nodeMs = 0;
  for (const [index, outcome] of outcomes.entries()) {
    attempts += outcome.attempts;
    nodeMs += outcome.duration_ms ?? 0;
    if (index % NODES_PER_STEP === 0) yield;
  }
  return { attempts, node_ms: nodeMs };
}

/** What somebody chose about a job; what the service gave it is another in every run. */
function settingsOf(header: JobHeader): Json {
  const { name, description, labels, priority, concurrency, timeout, onFailure } = header;
  const { inputs, template } = header;
  return asJson({
    name,
    labels,
    priority,
    concurrency,
    timeout,
    on_failure: onFailure,
    ...(description === undefined ? {} : { description }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(template === undefined ? {} : { template }),
  });
}

/** Definitions and headers have been JSON before. */
function asJson(value: object): Json {
  return value as Json;
}
