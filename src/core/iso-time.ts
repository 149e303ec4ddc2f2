/** ISO 8601, to the nanosecond at most; a time of day has its zone. */
const ISO_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Epoch milliseconds of a date (at midnight, UTC) or of a time with its zone; `undefined` when it is
 * none, as on the 31st of a February, which `Date.parse` takes for a day of March.
 */
export function parseIsoTime(text: string): number | undefined {
  const [, year, month, day] = ISO_TIME.exec(text) ?? [];
  const at = Date.parse(text);
  if (year === undefined || Number.isNaN(at)) return undefined;
  const monthEnds = Date.UTC(Number(year), Number(month), 1);
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) < monthEnds ? at : undefined;
}
