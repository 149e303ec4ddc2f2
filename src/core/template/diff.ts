import { PRIORITY_WORDS } from '../graph/shape-parts.js';
import { own } from '../graph/own.js';
import type { Json, JsonObject } from '../json.js';
import { runSteps } from '../plan/run-steps.js';
import { compareFields, isObject } from './field-changes.js';
import type { FieldChange } from './field-changes.js';
import type { TemplateContent } from './template.js';

export interface NodeMention {
  readonly id: string;
  readonly type: string;
}

/** `field`s lead into the node or the parameter. */
export interface ChangedThing {
  readonly fields: readonly FieldChange[];
}
export interface ChangedNode extends ChangedThing {
  readonly id: string;
}
export interface ChangedParameter extends ChangedThing {
  readonly name: string;
}

/** Up to {@link MAX_LISTED} of each kind are listed; the numbers count them all. */
export interface TemplateDiff {
  /** Nothing that matters differs: the order of nodes, and `edges` in place of `needs`, do not. */
  readonly same: boolean;
  readonly nodes: {
    readonly added: readonly NodeMention[];
    readonly removed: readonly NodeMention[];
    readonly changed: readonly ChangedNode[];
  };
  readonly parameters: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly ChangedParameter[];
  };
  /** What belongs to no node and no parameter; pointers lead into the template. */
  readonly settings: readonly FieldChange[];
  readonly counts: {
    readonly nodes_added: number;
    readonly nodes_removed: number;
    readonly nodes_changed: number;
    readonly parameters_added: number;
    readonly parameters_removed: number;
    readonly parameters_changed: number;
    readonly settings: number;
  };
  readonly truncated: boolean;
}

export const MAX_LISTED = 1000;
const NODES_PER_STEP = 512;

/** What differs between two revisions, by meaning rather than by text. Yields every few hundred nodes. */
export function* diffTemplatesSteps(
  before: TemplateContent,
  after: TemplateContent,
): Generator<void, TemplateDiff> {
  const nodes = yield* diffNodesSteps(before.definition, after.definition);
  const parameters = diffParameters(parametersOf(before), parametersOf(after));
  const settings: FieldChange[] = [];
  compareFields(settingsOf(before), settingsOf(after), '', settings);
  const counts = {
    nodes_added: nodes.added.length,
    nodes_removed: nodes.removed.length,
    nodes_changed: nodes.changed.length,
    parameters_added: parameters.added.length,
    parameters_removed: parameters.removed.length,
    parameters_changed: parameters.changed.length,
    settings: settings.length,
  };
  return {
    same: Object.values(counts).every((count) => count === 0),
    nodes: {
      added: shown(nodes.added),
      removed: shown(nodes.removed),
      changed: shown(nodes.changed),
    },
    parameters: {
      added: shown(parameters.added),
      removed: shown(parameters.removed),
      changed: shown(parameters.changed),
    },
    settings: shown(settings),
    counts,
    truncated: Object.values(counts).some((count) => count > MAX_LISTED),
  };
}

/** {@link diffTemplatesSteps} without a pause. */
export function diffTemplates(before: TemplateContent, after: TemplateContent): TemplateDiff {
  return runSteps(diffTemplatesSteps(before, after));
}

interface Difference<Member, Changed> {
  readonly added: Member[];
  readonly removed: Member[];
  readonly changed: Changed[];
}

function* diffNodesSteps(
  before: JsonObject,
  after: JsonObject,
): Generator<void, Difference<NodeMention, ChangedNode>> {
  const old = yield* nodesByIdSteps(before);
  const current = yield* nodesByIdSteps(after);
  const added: NodeMention[] = [];
  const removed: NodeMention[] = [];
  const changed: ChangedNode[] = [];
  let seen = 0;
  for (const [id, node] of current) {
    const was = old.get(id);
    if (was === undefined) added.push(mention(id, node));
    else {
      const fields: FieldChange[] = [];
      compareFields(was, node, '', fields);
      if (fields.length > 0) changed.push({ id, fields });
    }
    if (++seen % NODES_PER_STEP === 0) yield;
  }
  for (const [id, node] of old) if (!current.has(id)) removed.push(mention(id, node));
  return { added, removed, changed };
}

/** Nodes as they are meant: edges are dependencies like others, and priorities are numbers. */
function* nodesByIdSteps(definition: JsonObject): Generator<void, Map<string, JsonObject>> {
  const graph = own(definition, 'dag_definition');
  const needs = new Map<string, Set<string>>();
  const need = (of: unknown, what: unknown): void => {
    const all = needs.get(String(of)) ?? new Set();
    needs.set(String(of), all.add(String(what)));
  };
  let seen = 0;
  for (const edge of listOf(own(graph, 'edges'))) {
    need(own(edge, 'to'), own(edge, 'from'));
    if (++seen % NODES_PER_STEP === 0) yield;
  }
  const nodes = new Map<string, JsonObject>();
  for (const node of listOf(own(graph, 'nodes'))) {
    const id = String(own(node, 'id'));
    for (const each of listOf(own(node, 'needs'))) need(id, each);
    const meant: Record<string, Json> = { ...(node as JsonObject) };
    delete meant['needs'];
    const all = needs.get(id);
    if (all !== undefined) meant['needs'] = [...all].sort();
    nodes.set(id, withNumericPriority(meant));
    if (++seen % NODES_PER_STEP === 0) yield;
  }
  return nodes;
}

function diffParameters(
  before: ReadonlyMap<string, JsonObject>,
  after: ReadonlyMap<string, JsonObject>,
): Difference<string, ChangedParameter> {
  const changed: ChangedParameter[] = [];
  for (const [name, parameter] of after) {
    const was = before.get(name);
    if (was === undefined) continue;
    const fields: FieldChange[] = [];
    compareFields(was, parameter, '', fields);
    if (fields.length > 0) changed.push({ name, fields });
  }
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed,
  };
}

/** The schema of each parameter, with `required` on the one that is. */
function parametersOf({ parameters }: TemplateContent): ReadonlyMap<string, JsonObject> {
  const required = new Set(listOf(own(parameters, 'required')));
  const properties = own(parameters, 'properties');
  return new Map(
    Object.entries(isObject(properties) ? properties : {}).map(([name, schema]) => [
      name,
      { ...(isObject(schema) ? schema : {}), ...(required.has(name) ? { required: true } : {}) },
    ]),
  );
}

/** All of a template but its nodes, its edges and its parameters one by one. */
function settingsOf({ description, parameters, definition }: TemplateContent): JsonObject {
  return {
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined
      ? {}
      : { parameters: without(parameters, 'properties', 'required') }),
    definition: withNumericPriority(without(definition, 'dag_definition')),
  };
}

function withNumericPriority(fields: JsonObject): JsonObject {
  const { priority } = fields;
  const number = typeof priority === 'string' ? PRIORITY_WORDS.get(priority) : undefined;
  return number === undefined ? fields : { ...fields, priority: number };
}

function mention(id: string, node: JsonObject): NodeMention {
  const { type } = node;
  return { id, type: typeof type === 'string' ? type : '' };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function without(fields: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)));
}

function shown<T>(all: readonly T[]): readonly T[] {
  return all.slice(0, MAX_LISTED);
}
