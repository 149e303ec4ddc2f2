/** JSONata's syntax tree as version 2.2.2 evaluates it, which its own typings do not describe. */
export interface AstNode {
  readonly type: string;
  readonly value?: unknown;
  readonly position?: number;
  readonly steps?: readonly AstNode[];
  readonly lhs?: AstNode | readonly AstPair[];
  readonly rhs?: AstNode;
  readonly expression?: AstNode;
  readonly expressions?: readonly AstNode[];
  readonly arguments?: readonly AstNode[];
  readonly procedure?: AstNode;
  readonly body?: AstNode;
  readonly signature?: unknown;
  readonly condition?: AstNode;
  readonly then?: AstNode;
  readonly else?: AstNode;
  readonly terms?: readonly { readonly expression: AstNode }[];
  readonly predicate?: readonly AstStage[];
  readonly stages?: readonly AstStage[];
  readonly group?: { readonly lhs: readonly AstPair[] };
  /** The variables that `@$focus` and `#$index` bind. */
  readonly focus?: string;
  readonly index?: string;
}

export type AstPair = readonly [key: AstNode, value: AstNode];

export interface AstStage {
  readonly type: string;
  readonly value?: unknown;
  readonly expr?: AstNode;
}

/**
 * A part of a node. `inner` parts are evaluated against what the node found, the others against what
 * the node itself is evaluated against.
 */
export interface AstPart {
  readonly node: AstNode;
  readonly inner: boolean;
}

/** The parts of a node, save parameters and the names that are bound. */
export function partsOf(node: AstNode): AstPart[] {
  const parts: AstPart[] = [];
  const add = (inner: boolean, ...nodes: readonly (AstNode | undefined)[]) => {
    for (const part of nodes) if (part !== undefined) parts.push({ node: part, inner });
  };
  const steps = node.steps ?? [];
  const still = stillSteps(steps);
  steps.forEach((step, index) => add(index > still, step));
  if (isPairs(node.lhs)) add(false, ...node.lhs.flat());
  else if (node.type !== 'bind') add(false, node.lhs);
  add(false, node.rhs, node.expression, ...(node.expressions ?? []), node.procedure, node.body);
  if (node.type !== 'lambda') add(false, ...(node.arguments ?? []));
  add(false, node.condition, node.then, node.else);
  for (const term of node.terms ?? []) add(false, term.expression);
  for (const stage of [...(node.predicate ?? []), ...(node.stages ?? [])])
    add(isMoving(node), stage.expr);
  add(steps.length === 0 || still < steps.length, ...(node.group?.lhs ?? []).flat());
  return parts;
}

/**
 * How many steps a path starts with that bind a variable and leave what it is evaluated against as it
 * is: in `list@$x.name` the name is one of what holds the list.
 */
export function stillSteps(steps: readonly AstNode[]): number {
  const moving = steps.findIndex(isMoving);
  return moving < 0 ? steps.length : moving;
}

function isMoving(step: AstNode): boolean {
  return step.focus === undefined && step.type !== 'sort';
}

/** The pairs of an object that a node makes, or groups by. */
export function pairsOf(node: AstNode): readonly AstPair[] {
  return [...(isPairs(node.lhs) ? node.lhs : []), ...(node.group?.lhs ?? [])];
}

/** The names that a node binds to variables. */
export function boundNames(node: AstNode): string[] {
  const names: unknown[] = [node.focus, node.index];
  if (node.type === 'bind' && !isPairs(node.lhs)) names.push(node.lhs?.value);
  if (node.type === 'lambda') names.push(...(node.arguments ?? []).map(({ value }) => value));
  for (const stage of node.stages ?? []) if (stage.type === 'index') names.push(stage.value);
  return names.filter((name) => typeof name === 'string');
}

/** Every node of a tree, each before its parts. */
export function* nodesOf(root: AstNode): Generator<AstNode> {
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    for (const part of partsOf(node)) waiting.push(part.node);
  }
}

function isPairs(lhs: AstNode['lhs']): lhs is readonly AstPair[] {
  return Array.isArray(lhs);
}
