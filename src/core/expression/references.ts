import { boundNames, partsOf, stillSteps, type AstNode, type AstPart } from './ast.js';
import { SCOPE_NAMES } from './documents.js';

/** What an expression reads, so that no more is fetched, and what is wrong is refused at once. */
export interface References {
  /**
   * The ids of the nodes whose outputs it can read, in alphabetical order; `all` when that depends
   * on data, as in `nodes.*` or `$lookup(nodes, item)`.
   */
  readonly nodes: readonly string[] | 'all';
  readonly inputs: boolean;
  readonly item: boolean;
  readonly index: boolean;
  readonly job: boolean;
  readonly output: boolean;
  readonly iteration: boolean;
  /** It reads the scope as a whole, whatever is in it, as with `$` or `*`. */
  readonly scope: boolean;
  /** Names it starts a path from that no scope has, `input` for `inputs` say: they find nothing. */
  readonly unknown: readonly string[];
}

type ScopeName = (typeof SCOPE_NAMES)[number];

/** Functions that read the whole scope when they are called with fewer arguments than this. */
const READS_CONTEXT: ReadonlyMap<string, number> = new Map([
  ['string', 1],
  ['boolean', 1],
  ['not', 1],
  ['keys', 1],
  ['spread', 1],
  ['clone', 1],
  ['lookup', 2],
  ['each', 2],
  ['sift', 2],
]);

/** What an expression with this syntax tree reads; rather too much than too little. */
export function findReferences(root: AstNode): References {
  const found = new Found();
  const waiting: AstPart[] = [{ node: root, inner: false }];
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const { node, inner } = part;
    const done = found.take(node, inner);
    for (const next of partsOf(node)) {
      if (!done.has(next.node)) waiting.push({ node: next.node, inner: inner || next.inner });
    }
  }
  return found.references();
}

/** What several expressions read together. */
export function joinReferences(list: readonly References[]): References {
  const found = new Found();
  for (const references of list) found.join(references);
  return found.references();
}

class Found {
  private readonly names = new Set<ScopeName>();
  private readonly ids = new Set<string>();
  private readonly unknown = new Set<string>();
  private readonly applied = new Set<AstNode>();
  private allNodes = false;
  private scope = false;

  /** Notes what a node reads; answers the parts of it that are accounted for by that. */
  take(node: AstNode, inner: boolean): ReadonlySet<AstNode> {
    switch (node.type) {
      case 'path':
        return this.takePath(node.steps ?? [], inner);
      case 'variable':
        if (node.value === '$' || (node.value === '' && !inner)) this.everything();
        else if (isScopeName(node.value)) this.start(node.value, undefined);
        else if (READS_CONTEXT.has(String(node.value)) && !inner) this.everything();
        return NONE;
      case 'wildcard':
      case 'descendant':
        if (!inner) this.everything();
        return NONE;
      case 'apply':
        return this.takeApply(node);
      case 'function':
      case 'partial':
        return this.takeCall(node, inner);
      default:
        return NONE;
    }
  }

  join(references: References): void {
    for (const name of SCOPE_NAMES) {
      if (name !== 'nodes' && references[name]) this.names.add(name);
    }
    if (references.scope) this.scope = true;
    if (references.nodes === 'all') this.allNodes = true;
    else for (const id of references.nodes) this.ids.add(id);
    for (const name of references.unknown) this.unknown.add(name);
  }

  references(): References {
    return {
      nodes: this.allNodes ? 'all' : [...this.ids].sort(),
      inputs: this.names.has('inputs'),
      item: this.names.has('item'),
      index: this.names.has('index'),
      job: this.names.has('job'),
      output: this.names.has('output'),
      iteration: this.names.has('iteration'),
      scope: this.scope,
      unknown: [...this.unknown].sort(),
    };
  }

  private takePath(steps: readonly AstNode[], inner: boolean): ReadonlySet<AstNode> {
    const [first, second, third] = steps;
    if (first === undefined) return NONE;
    const still = inner ? -1 : stillSteps(steps);
    steps.forEach((step, index) => {
      if (index <= still && step.type === 'name') this.startNamed(step, steps[index + 1]);
    });
    if (first.type !== 'variable') return NONE;
    if (isScopeName(first.value)) {
      this.start(first.value, isPlain(first) ? second : undefined);
      return new Set([first]);
    }
    const isRoot = first.value === '$' || (first.value === '' && !inner);
    if (!isRoot || second?.type !== 'name' || !isPlain(first)) return NONE;
    this.startNamed(second, third);
    return new Set([first]);
  }

  private startNamed(first: AstNode, second: AstNode | undefined): void {
    if (isScopeName(first.value)) this.start(first.value, isPlain(first) ? second : undefined);
    else this.unknown.add(String(first.value));
  }

  /** `list ~> $keys` and `list ~> $keys()` call it with what is on the left. */
  private takeApply({ rhs }: AstNode): ReadonlySet<AstNode> {
    if (rhs === undefined) return NONE;
    if (rhs.type === 'function') this.applied.add(rhs);
    return isFunctionName(rhs) ? new Set([rhs]) : NONE;
  }

  /** A call with enough arguments reads them and nothing else; so do functions that are passed on. */
  private takeCall(call: AstNode, inner: boolean): ReadonlySet<AstNode> {
    const given = call.arguments ?? [];
    const count = given.length + (this.applied.has(call) ? 1 : 0);
    const done = new Set<AstNode>(given.filter(isFunctionName));
    const { procedure } = call;
    if (procedure === undefined || !isFunctionName(procedure)) return done;
    if (count < (READS_CONTEXT.get(String(procedure.value)) ?? 0) && !inner) this.everything();
    return done.add(procedure);
  }

  private start(name: ScopeName, next: AstNode | undefined): void {
    this.names.add(name);
    if (name !== 'nodes') return;
    if (next?.type === 'name' && typeof next.value === 'string') this.ids.add(next.value);
    else this.allNodes = true;
  }

  private everything(): void {
    for (const name of SCOPE_NAMES) this.names.add(name);
    this.allNodes = true;
    this.scope = true;
  }
}

const NONE: ReadonlySet<AstNode> = new Set();

/** A step that goes nowhere but to the member it names. */
function isPlain(step: AstNode): boolean {
  const hasStages = step.stages !== undefined || step.predicate !== undefined;
  return !hasStages && step.group === undefined && boundNames(step).length === 0;
}

function isFunctionName(node: AstNode): boolean {
  return node.type === 'variable' && READS_CONTEXT.has(String(node.value)) && isPlain(node);
}

function isScopeName(name: unknown): name is ScopeName {
  return (SCOPE_NAMES as readonly unknown[]).includes(name);
}
