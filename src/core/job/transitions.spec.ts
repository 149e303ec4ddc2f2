import { describe, expect, it } from '@jest/globals';
import { isTerminalJob, isTerminalNode, JOB_STATUSES, NODE_STATUSES } from './status.js';
import {
  JOB_TRANSITIONS,
  mayMoveJob,
  mayMoveNode,
  NODE_CODE,
  NODE_TRANSITIONS,
  renderTransitions,
} from './transitions.js';

describe('the transition tables', () => {
  it('let nothing out of a terminal state and something out of every other', () => {
    for (const status of JOB_STATUSES) {
      expect(JOB_TRANSITIONS[status].length === 0).toBe(isTerminalJob(status));
    }
    for (const status of NODE_STATUSES) {
      expect(NODE_TRANSITIONS[status].length === 0).toBe(isTerminalNode(status));
    }
  });

  it('reach every status from the first', () => {
    const reach = (
      table: Readonly<Record<string, readonly string[]>>,
      first: string,
    ): Set<string> => {
      const seen = new Set([first]);
      for (const status of seen) for (const next of table[status] ?? []) seen.add(next);
      return seen;
    };
    expect(reach(JOB_TRANSITIONS, 'queued')).toEqual(new Set(JOB_STATUSES));
    expect(reach(NODE_TRANSITIONS, 'pending')).toEqual(new Set(NODE_STATUSES));
  });

  it('answer by codes as they do by names', () => {
    for (const from of NODE_STATUSES) {
      for (const to of NODE_STATUSES) {
        expect(mayMoveNode(NODE_CODE[from], NODE_CODE[to])).toBe(
          NODE_TRANSITIONS[from].includes(to),
        );
      }
    }
    expect(mayMoveJob('completed', 'running')).toBe(false);
    expect(mayMoveJob('queued', 'running')).toBe(true);
  });

  it('are drawn as they are', () => {
    expect(renderTransitions('job')).toContain('  running --> cancelling\n');
    expect(renderTransitions('node')).toContain('  skipped --> [*]\n');
  });
});
