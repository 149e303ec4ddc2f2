import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { renderTransitions } from './transitions.js';

describe('docs/architecture.md', () => {
  it.each(['job', 'node'] as const)('draws the states of a %s as the tables have them', (of) => {
    const page = path.resolve(import.meta.dirname, '../../../docs/architecture.md');
    const drawn = new RegExp(`<!-- ${of} -->\n\`\`\`mermaid\n([^\`]*)\`\`\``).exec(
      readFileSync(page, 'utf8'),
    );
    expect(drawn?.[1]).toBe(renderTransitions(of));
  });
});
