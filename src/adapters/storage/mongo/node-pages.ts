import type { JobRef, NodeProjection } from '../../../core/job/job-record.js';
import type { NodeStatus } from '../../../core/job/status.js';
import type { Json } from '../../../core/json.js';
import type { NodeQuery, NodeView } from '../../../ports/job-projections.js';
import { standingOf, type NodeStanding } from '../../../core/why/dependencies.js';
import { type Definitions, definitionOf, range, WITHOUT_OUTPUT } from './definitions.js';
import { jobKey, nodeKey } from './keys.js';
import type { Connection } from './mongo-connection.js';
import type { JobNodeDocument } from './schemas/job-node.schema.js';

/** Nodes asked for by id in one round trip. */
const STANDINGS_A_TRIP = 1_000;

/** Shows nodes with their definitions: of small jobs from their first record, else from their own. */
export class NodePages {
  readonly #connection: Connection;
  readonly #definitions: Definitions;

  constructor(connection: Connection, definitions: Definitions) {
    this.#connection = connection;
    this.#definitions = definitions;
  }

  async ofSmall(ref: JobRef, query: NodeQuery, unstarted: NodeStatus): Promise<NodeView[]> {
    const { nodes } = await this.#definitions.readInline(ref);
    const first = Math.max(0, query.after + 1);
    // Which nodes have a status is known only from their states; there are few.
    const end = query.status === undefined ? first + query.limit : nodes.length;
    const indexes = range(first, Math.min(end, nodes.length));
    const documents = await this.#definitions.documents(jobKey(ref), indexes);
    const views: NodeView[] = [];
    for (const index of indexes) {
      const definition = nodes[index];
      const document = documents.get(index);
      const status = document?.state?.status ?? unstarted;
      if (definition === undefined || (query.status ?? status) !== status) continue;
      views.push({ index, definition, ...stateOf(document) });
      if (views.length === query.limit) break;
    }
    return views;
  }

  async ofLarge(
    ref: JobRef,
    query: NodeQuery,
    unstarted: NodeStatus,
    nodeCount: number,
  ): Promise<NodeView[]> {
    const documents =
      query.status === undefined
        ? await this.#inOrder(ref, query, nodeCount)
        : await this.#withStatus(ref, query, query.status, unstarted, nodeCount);
    return [...documents].map(([index, document]) => ({
      index,
      definition: definitionOf(documents, index, ref),
      ...stateOf(document),
    }));
  }

  async oneOfSmall(ref: JobRef, nodeId: string): Promise<NodeView | undefined> {
    const { nodes } = await this.#definitions.readInline(ref);
    const index = nodes.findIndex(({ id }) => id === nodeId);
    const definition = nodes[index];
    if (definition === undefined) return undefined;
    const document = await this.#connection.nodes.findOne({ _id: nodeKey(jobKey(ref), index) });
    return { index, definition, ...stateOf(document ?? undefined) };
  }

  async oneOfLarge(ref: JobRef, nodeId: string, nodeCount: number): Promise<NodeView | undefined> {
    const document = await this.#connection.nodes.findOne({
      tenant: ref.tenantId,
      job: ref.jobId,
      nodeId,
      index: { $lt: nodeCount },
    });
    if (document === null) return undefined;
    const { index } = document;
    const definition = definitionOf(new Map([[index, document]]), index, ref);
    return { index, definition, ...stateOf(document) };
  }

  async standingsOfSmall(
    ref: JobRef,
    nodeIds: readonly string[],
    unstarted: NodeStatus,
  ): Promise<Map<string, NodeStanding>> {
    const { nodes } = await this.#definitions.readInline(ref);
    const wanted = new Set(nodeIds);
    const indexes = nodes.flatMap(({ id }, index) => (wanted.has(id) ? [index] : []));
    const documents = await this.#definitions.documents(jobKey(ref), indexes);
    return new Map(
      indexes.map((index) => {
        const { state } = stateOf(documents.get(index));
        return [nodes[index]?.id ?? '', standingOf(state, unstarted)];
      }),
    );
  }

  async standingsOfLarge(
    ref: JobRef,
    nodeIds: readonly string[],
    unstarted: NodeStatus,
    nodeCount: number,
  ): Promise<Map<string, NodeStanding>> {
    const standings = new Map<string, NodeStanding>();
    for (let at = 0; at < nodeIds.length; at += STANDINGS_A_TRIP) {
      const some = nodeIds.slice(at, at + STANDINGS_A_TRIP);
      const found = await this.#connection.nodes
        .find(
          {
            tenant: ref.tenantId,
            job: ref.jobId,
            nodeId: { $in: some },
            index: { $lt: nodeCount },
          },
          { projection: { nodeId: 1, 'state.node': 1 } },
        )
        .batchSize(STANDINGS_A_TRIP + 1)
        .toArray();
      for (const document of found) {
        standings.set(document.nodeId ?? '', standingOf(stateOf(document).state, unstarted));
      }
    }
    return standings;
  }

  async #inOrder(
    ref: JobRef,
    { after, limit }: NodeQuery,
    nodeCount: number,
  ): Promise<Map<number, JobNodeDocument>> {
    const first = Math.max(0, after + 1);
    const indexes = range(first, Math.min(first + limit, nodeCount));
    const documents = await this.#definitions.documents(jobKey(ref), indexes);
    return inOrder([...documents.values()]);
  }

  async #withStatus(
    ref: JobRef,
    { after, limit }: NodeQuery,
    status: NodeStatus,
    unstarted: NodeStatus,
    nodeCount: number,
  ): Promise<Map<number, JobNodeDocument>> {
    const found = await this.#connection.nodes
      .find(
        {
          tenant: ref.tenantId,
          job: ref.jobId,
          // A field that is not there is found by null.
          'state.status': status === unstarted ? { $in: [null, status] } : status,
          index: { $gt: after, $lt: nodeCount },
        },
        { projection: WITHOUT_OUTPUT },
      )
      .sort({ index: 1 })
      .limit(limit)
      .toArray();
    return inOrder(found);
  }
}

function inOrder(documents: readonly JobNodeDocument[]): Map<number, JobNodeDocument> {
  const sorted = documents.toSorted((a, b) => a.index - b.index);
  return new Map(sorted.map((document) => [document.index, document]));
}

function stateOf(document: JobNodeDocument | undefined): { state?: NodeProjection } {
  if (document?.state === undefined) return {};
  const { node, output } = document.state;
  const state = JSON.parse(node) as NodeProjection;
  return { state: output === undefined ? state : { ...state, output: JSON.parse(output) as Json } };
}
