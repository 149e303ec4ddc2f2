import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const COMMANDS = new Set(['process', 'shell', 'test_case', 'test_suite']);

/**
 * A folder in which every command that runs Node notes its attempt id when it starts, so that the
 * demo can count real runs instead of believing the service.
 */
export class Ledger {
  #folder;

  constructor(folder) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** The definition with every command of its nodes told to note itself. */
  into(definition) {
    const note = pathToFileURL(path.join(import.meta.dirname, 'note-attempt.mjs')).href;
    const env = { NODE_OPTIONS: `--import=${note}`, DEMO_LEDGER: this.#folder };
    for (const node of definition.dag_definition.nodes) {
      if (!COMMANDS.has(node.type)) continue;
      node.config = { ...node.config, env: { ...node.config?.env, ...env } };
    }
    return definition;
  }

  /** How often each attempt's command was run. */
  runs() {
    const runs = new Map();
    for (const file of readdirSync(this.#folder)) {
      const lines = readFileSync(path.join(this.#folder, file), 'utf8').trim().split('\n');
      runs.set(decodeURIComponent(file), lines.length);
    }
    return runs;
  }
}
