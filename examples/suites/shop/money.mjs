/** Amounts are whole cents, so that sums are exact. */

const AMOUNT = /^(-?)(\d{1,12})(?:\.(\d{1,2}))?$/;

/** `"12.5"` is 1250 cents. Throws a RangeError on anything but a plain decimal. */
export function parseAmount(text) {
  const match = AMOUNT.exec(text.trim());
  if (match === null) throw new RangeError(`"${text}" is not an amount`);
  const [, sign, whole, fraction = ''] = match;
  const cents = Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
  return sign === '-' && cents !== 0 ? -cents : cents;
}

export function formatAmount(cents, currency = 'EUR') {
  const absolute = Math.abs(cents);
  const whole = Math.floor(absolute / 100).toString();
  const fraction = (absolute % 100).toString().padStart(2, '0');
  return `${cents < 0 ? '-' : ''}${whole}.${fraction} ${currency}`;
}

/** A share of an amount, rounded half to even as banks do. */
export function percentOf(cents, percent) {
  const exact = (cents * percent) / 100;
  const floor = Math.floor(exact);
  const rest = exact - floor;
  if (rest !== 0.5) return Math.round(exact);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Splits an amount by weights without losing a cent: what is left goes to the first ones. */
export function allocate(cents, weights) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) throw new RangeError('weights must add up to more than 0');
  const shares = weights.map((weight) => Math.floor((cents * weight) / total));
  let left = cents - shares.reduce((sum, share) => sum + share, 0);
  for (let n = 0; left > 0; n++, left--) shares[n % shares.length] += 1;
  return shares;
}
