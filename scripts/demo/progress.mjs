const tty = process.stdout.isTTY === true;
const paint = (code) => (text) => (tty ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
const yellow = paint(33);
const blue = paint(34);

const LOOK = {
  pending: [dim, '·'],
  ready: [dim, '·'],
  running: [blue, '▶'],
  waiting: [blue, '⏲'],
  retrying: [yellow, '↻'],
  completed: [green, '✔'],
  failed: [red, '✘'],
  cancelled: [red, '✘'],
  skipped: [dim, '–'],
};
const BAR = 40;

/** Shows a job while it runs: a table redrawn in place on a terminal, a line per change elsewhere. */
export class Progress {
  #drawn = 0;
  #last = new Map();
  #needs;

  constructor(definition) {
    const { nodes } = definition.dag_definition;
    this.#needs = new Map(nodes.map((node) => [node.id, node.needs ?? []]));
  }

  show(job) {
    if (tty) this.#redraw(job);
    else this.#printChanges(job);
  }

  /** A line that stays above the table. */
  note(text) {
    this.#erase();
    console.log(text);
  }

  end() {
    console.log();
    this.#drawn = 0;
  }

  #redraw(job) {
    this.#erase();
    const done = Math.round((job.progress / 100) * BAR);
    const bar = green('█'.repeat(done)) + dim('░'.repeat(BAR - done));
    const lines = job.nodes.map((node) => this.#line(node));
    lines.push('', `  ${bar} ${job.progress}% ${job.status}`);
    process.stdout.write(lines.join('\n') + '\n');
    this.#drawn = lines.length;
  }

  #printChanges(job) {
    for (const node of job.nodes) {
      const now = `${node.status} ${node.attempt}`;
      if (this.#last.get(node.id) === now) continue;
      this.#last.set(node.id, now);
      if (node.status !== 'pending') console.log(this.#line(node));
    }
  }

  #line(node) {
    const [colour, sign] = LOOK[node.status] ?? [dim, '?'];
    const needs = this.#needs.get(node.id) ?? [];
    const notes = [];
    if (node.attempt > 1) notes.push(`attempt ${node.attempt}`);
    if (node.status === 'pending' && needs.length > 0) notes.push(dim(`after ${needs.join(', ')}`));
    const status = colour(node.status.padEnd(10));
    const took = elapsed(node).padStart(7);
    return `  ${colour(sign)} ${node.id.padEnd(20)} ${status} ${took} ${notes.join(' ')}`.trimEnd();
  }

  #erase() {
    if (this.#drawn > 0) process.stdout.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }
}

function elapsed(node) {
  if (node.started_at === undefined) return '';
  const end = node.finished_at === undefined ? Date.now() : Date.parse(node.finished_at);
  return `${((end - Date.parse(node.started_at)) / 1000).toFixed(1)} s`;
}
