import { describe, expect, it } from '@jest/globals';
import type { NodeDefinition } from '../core/graph/definition.js';
import {
  makeEngine,
  ManualClock,
  scriptedExecutor,
  submissionOf,
} from '../../test/support/engine-fixture.js';
import { MemoryStore } from '../../test/support/memory-store.js';
import { waitUntil } from '../../test/support/wait-until.js';

const node = (id: string, ...needs: string[]): NodeDefinition => ({ id, type: 'scripted', needs });
/** Two nodes on which nothing waits, defined before a chain of three. */
const NODES = [node('x'), node('y'), node('a'), node('b', 'a'), node('c', 'b')];

describe('the order in which ready nodes start', () => {
  it('is by the longest path before them', async () => {
    const started: string[] = [];
    const engine = makeEngine({
      store: new MemoryStore(),
      executors: [
        scriptedExecutor(({ nodeId }) => {
          started.push(nodeId);
          return { status: 'completed' };
        }),
      ],
      clock: new ManualClock(),
    });
    await engine.start();
    await engine.submit(submissionOf('job', NODES, { concurrency: 1 }));
    await waitUntil(() => started.length === NODES.length);
    await engine.stop(0);
    expect(started).toEqual(['a', 'b', 'x', 'y', 'c']);
  });

  it('gives way to priorities', async () => {
    const started: string[] = [];
    const engine = makeEngine({
      store: new MemoryStore(),
      executors: [
        scriptedExecutor(({ nodeId }) => {
          started.push(nodeId);
          return { status: 'completed' };
        }),
      ],
      clock: new ManualClock(),
    });
    await engine.start();
    const nodes = NODES.map((each) => (each.id === 'y' ? { ...each, priority: 5 } : each));
    await engine.submit(submissionOf('job', nodes, { concurrency: 1 }));
    await waitUntil(() => started.length === NODES.length);
    await engine.stop(0);
    expect(started).toEqual(['y', 'a', 'b', 'x', 'c']);
  });

  it('is the same for a job that is taken up after a crash', async () => {
    const store = new MemoryStore();
    const nodes = [...NODES, node('d'), node('e', 'd')];
    const hanging = makeEngine({
      store,
      executors: [scriptedExecutor(() => new Promise(() => undefined))],
      clock: new ManualClock(),
    });
    await hanging.start();
    await hanging.submit(submissionOf('job', nodes, { concurrency: 1 }));
    const started: string[] = [];
    const clock = new ManualClock();
    const engine = makeEngine({
      store,
      executors: [
        scriptedExecutor(({ nodeId }) => {
          started.push(nodeId);
          return { status: 'completed' };
        }),
      ],
      clock,
    });
    await engine.start();
    // The first node was interrupted, and waits for its next attempt.
    await waitUntil(() => started.length === 4);
    clock.advance(60_000);
    await waitUntil(() => started.length === nodes.length);
    await engine.stop(0);
    expect(started).toEqual(['d', 'x', 'y', 'e', 'a', 'b', 'c']);
  });
});
