/**
 * How often the text would double a part of its syntax tree. JSONata's parser copies the left side
 * of every `?:` and `??`, with the copies that are in it already, so that a few hundred characters of
 * `((a ?: b) ?: c) …` take all memory before anything can be checked in the tree.
 *
 * Never less than what the parser does. Where the text has a `/`, which may open a regular expression
 * or a comment and hide brackets, it counts by the order of characters alone, and may say more.
 */
export function doublings(text: string): number {
  return text.includes('/') ? byOrder(text) : byBrackets(text);
}

/** A copy can only be in the left side of another operator behind a bracket (or `|`) in between. */
function byOrder(text: string): number {
  let count = 0;
  let open = true;
  for (let at = 0; at < text.length; at++) {
    if (isDefault(text, at)) {
      if (open) count++;
      open = false;
    } else if (')]}|'.includes(text.charAt(at))) open = true;
  }
  return count;
}

function byBrackets(text: string): number {
  const outer: Bracket[] = [];
  let here: Bracket = { most: 0, left: 0 };
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if ('"\'`'.includes(char)) at = endOfQuote(text, at);
    else if ('([{'.includes(char)) {
      outer.push(here);
      here = { most: 0, left: 0 };
    } else if (')]}'.includes(char)) {
      const inside = here.most;
      here = outer.pop() ?? here;
      here.left = Math.max(here.left, inside);
      here.most = Math.max(here.most, inside);
    } else if (',;'.includes(char)) here.left = 0;
    else if (char === '|') here.left = here.most;
    else if (isDefault(text, at)) {
      here.most = Math.max(here.most, here.left + 1);
      at += 1;
    }
  }
  return outer.reduce((most, bracket) => Math.max(most, bracket.most), here.most);
}

/** The most doublings in a bracket, and in what is left of where the scan stands. */
interface Bracket {
  most: number;
  left: number;
}

function isDefault(text: string, at: number): boolean {
  const two = text.slice(at, at + 2);
  return two === '?:' || two === '??';
}

function endOfQuote(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at++) {
    if (text.charAt(at) === '\\' && quote !== '`') at++;
    else if (text.charAt(at) === quote) return at;
  }
  return text.length;
}
