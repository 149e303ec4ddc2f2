import type { Json } from '../json.js';
import type { TemplateDiff } from './diff.js';
import type { FieldChange } from './field-changes.js';

const LONGEST_VALUE = 60;
const LINES_A_KIND = 100;

/** A difference for people: a line for each thing added (+), removed (-) and changed (~). */
export function diffText(
  diff: TemplateDiff,
  { name, from, to }: { readonly name: string; readonly from: number; readonly to: number },
): string {
  const { nodes, parameters, settings, counts } = diff;
  const title = `${name}: revision ${from} -> ${to}`;
  if (diff.same) return `${title}\nno difference that matters\n`;
  return [
    title,
    ...lines(settings, counts.settings, (change) => `~ setting ${fieldText(change)}`),
    ...lines(parameters.added, counts.parameters_added, (each) => `+ parameter ${printable(each)}`),
    ...lines(
      parameters.removed,
      counts.parameters_removed,
      (each) => `- parameter ${printable(each)}`,
    ),
    ...lines(
      parameters.changed,
      counts.parameters_changed,
      (each) => `~ parameter ${printable(each.name)}: ${fieldsText(each.fields)}`,
    ),
    ...lines(nodes.added, counts.nodes_added, ({ id, type }) => `+ node ${id} (${type})`),
    ...lines(nodes.removed, counts.nodes_removed, ({ id, type }) => `- node ${id} (${type})`),
    ...lines(
      nodes.changed,
      counts.nodes_changed,
      ({ id, fields }) => `~ node ${id}: ${fieldsText(fields)}`,
    ),
    '',
  ].join('\n');
}

function lines<T>(
  things: readonly T[],
  count: number,
  line: (thing: T) => string,
): readonly string[] {
  const said = things.slice(0, LINES_A_KIND).map(line);
  return count > said.length ? [...said, `  … and ${count - said.length} more of these`] : said;
}

function fieldsText(fields: readonly FieldChange[]): string {
  return lines(fields, fields.length, fieldText).join(', ');
}

function fieldText({ field, change, before, after }: FieldChange): string {
  const name = printable(field.slice(1));
  switch (change) {
    case 'added':
      return `${name} added${after === undefined ? '' : ` (${valueText(after)})`}`;
    case 'removed':
      return `${name} removed${before === undefined ? '' : ` (was ${valueText(before)})`}`;
    case 'changed':
      return before === undefined || after === undefined
        ? `${name} changed`
        : `${name} ${valueText(before)} -> ${valueText(after)}`;
  }
}

function valueText(value: Json): string {
  const text = JSON.stringify(value);
  return printable(text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text);
}

/** Names and values come from users: no control character of theirs reaches a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
