import {
  hasTemplate,
  joinReferences,
  templateReferences,
  type References,
  type TemplateReferences,
} from '../expression/index.js';
import type { Json } from '../json.js';
import type { Adjacency } from '../plan/plan.js';
import { SUB_JOB } from './definition.js';
import { own } from './own.js';
import type { ProblemList } from './problem.js';
import { quote } from './wording.js';

/** Characters of texts with expressions that one job may have: checking them takes time. */
const MAX_CHARACTERS = 1024 * 1024;
const NODES_PER_STEP = 1024;

/** The parts of a node that may hold expressions. */
const UNTIL = 'repeat/until';
const PARTS = ['when', 'for_each', 'matrix', 'config', 'compensate', 'cache', UNTIL] as const;
/** Of these, the ones that are evaluated for each child of a node with children. */
const ITEM_PARTS: ReadonlySet<string> = new Set(['config', 'cache', UNTIL]);

/**
 * Tells what is wrong with the expressions of nodes: those that are no JSONata, and
 * those that read what will not be there. Yields after every node that has some.
 */
export function* checkExpressionsSteps(
  nodes: readonly unknown[],
  { offsets, targets }: Adjacency,
  problems: ProblemList,
): Generator<void, void> {
  let characters = 0;
  for (let index = 0; index < nodes.length; index++) {
    if (index % NODES_PER_STEP === NODES_PER_STEP - 1) yield;
    const node = nodes[index];
    const parts = partsOf(node);
    if (parts === undefined) continue;
    yield;
    const pointer = `/dag_definition/nodes/${index}`;
    const needs = targets.subarray(offsets[index], offsets[index + 1]);
    const isNeeded = (id: string): boolean => isAmong(nodes, needs, id);
    const isKnown = (id: string): boolean => isNeeded(id) || id === own(node, 'id');
    const found: References[] = [];
    for (const { field, value } of parts) {
      characters += JSON.stringify(value).length;
      if (characters > MAX_CHARACTERS) {
        const message = `the job has more than ${MAX_CHARACTERS} characters of texts with expressions; keep what they have in common in its inputs`;
        problems.add(pointer, 'too_many', message);
        return;
      }
      const read = templateReferences(value);
      tell(read, `${pointer}/${field}`, problems);
      if (!read.ok) continue;
      if (!(ITEM_PARTS.has(field) && hasItems(node)))
        tellItems(read.references, pointer, field, problems);
      // What undoes a node may read what the node itself gave.
      if (field === 'compensate') checkReferences(read.references, pointer, isKnown, problems);
      else found.push(read.references);
      if (field !== UNTIL) checkNoRound(read.references, `${pointer}/${field}`, problems);
    }
    checkReferences(joinReferences(found), pointer, isNeeded, problems);
  }
}

interface Part {
  readonly field: (typeof PARTS)[number];
  readonly value: Json;
}

/** The parts of a node that hold expressions; most nodes have none, and cost no list. */
function partsOf(node: unknown): readonly Part[] | undefined {
  let parts: Part[] | undefined;
  for (const field of PARTS) {
    const value = ownTexts(node, field);
    if (value !== undefined && hasTemplate(value)) (parts ??= []).push({ field, value });
  }
  return parts;
}

/** A part of a node without what in it are the texts of a job of its own. */
function ownTexts(node: unknown, field: (typeof PARTS)[number]): Json | undefined {
  if (field === UNTIL) return own(own(node, 'repeat'), 'until') as Json | undefined;
  const value = own(node, field) as Json | undefined;
  if (field !== 'config' || own(node, 'type') !== SUB_JOB || value === undefined) return value;
  return { ...(value as Readonly<Record<string, Json>>), definition: null };
}

function hasItems(node: unknown): boolean {
  return own(node, 'for_each') !== undefined || own(node, 'matrix') !== undefined;
}

function tellItems(
  { item, index, scope }: References,
  pointer: string,
  field: string,
  problems: ProblemList,
): void {
  if (scope || (!item && !index)) return;
  const message = `an expression reads ${quote(item ? 'item' : 'index')}, which is there only in the config, the cache and repeat.until of a node with for_each or matrix`;
  problems.add(`${pointer}/${field}`, 'unknown_name', message);
}

/** What a round gave is there only for who judges the round. */
function checkNoRound(references: References, pointer: string, problems: ProblemList): void {
  if (references.scope) return;
  for (const name of ['output', 'iteration'] as const) {
    if (!references[name]) continue;
    const message = `an expression reads ${quote(name)}, which is there in repeat.until only`;
    problems.add(pointer, 'unknown_name', message);
  }
}

function tell(read: TemplateReferences, pointer: string, problems: ProblemList): void {
  if (read.ok) return;
  for (const { pointer: within, code, message, position } of read.problems) {
    const at = position === undefined ? '' : ` (at character ${position})`;
    problems.add(pointer + within, code, message + at);
  }
}

function checkReferences(
  references: References,
  pointer: string,
  isNeeded: (id: string) => boolean,
  problems: ProblemList,
): void {
  for (const name of references.unknown) {
    const message = `an expression reads ${quote(name)}, which is not there; there are inputs, nodes and job, and output and iteration in repeat.until`;
    problems.add(pointer, 'unknown_name', message);
  }
  if (references.nodes === 'all') return;
  for (const id of references.nodes) {
    if (isNeeded(id)) continue;
    const message = `an expression reads the output of ${quote(id)}, which the node does not need; add it to its needs`;
    problems.add(pointer, 'unknown_reference', message);
  }
}

function isAmong(nodes: readonly unknown[], needs: Int32Array, id: string): boolean {
  return needs.some((need) => own(nodes[need], 'id') === id);
}
