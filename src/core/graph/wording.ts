const LONGEST_QUOTE = 80;

/** A text from a submitted document, fit for a message: quoted, escaped and of bounded length. */
export function quote(text: string): string {
  return text.length <= LONGEST_QUOTE
    ? JSON.stringify(text)
    : `${JSON.stringify(text.slice(0, LONGEST_QUOTE))}… (${text.length} characters)`;
}

/** `a, b or c`. */
export function either(words: readonly string[]): string {
  return words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

/** `; did you mean "x"?` when a candidate is near enough to the name, otherwise nothing. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? '' : `; did you mean ${quote(nearest)}?`;
}

const LONGEST_NAME = 64;

/** The candidate nearest to a name, at most three slips of the pen away, case, `-` and `_` not counting. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const wanted = plain(name);
  let best: string | undefined;
  let bestDistance = wanted.length <= 3 ? 2 : wanted.length <= 6 ? 3 : 4;
  for (const candidate of candidates) {
    if (candidate.length > LONGEST_NAME) continue;
    const distance = editDistance(wanted, plain(candidate), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn one text into another ("optimal
 * string alignment" distance), or `limit` when it takes as many or more.
 */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (older[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    older = previous;
    previous = current;
  }
  return Math.min(previous[b.length] ?? limit, limit);
}
