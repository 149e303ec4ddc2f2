import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { GATE_KINDS } from './gate.js';

describe('the table of gates in docs/tutorials', () => {
  it('has every gate, and no other', () => {
    const text = readFileSync('docs/tutorials/why-does-it-wait.md', 'utf8');
    const named = Array.from(text.matchAll(/^\| `(\w+)` \|/gmu), ([, kind]) => kind);
    expect(new Set(named)).toEqual(new Set(GATE_KINDS));
    expect(named).toHaveLength(GATE_KINDS.length);
  });
});
