const HIDDEN = '[hidden]';
/** Anything with the three dotted parts of a JSON web token; the first is always a JSON object. */
const TOKEN = /eyJ[\w-]{4,}\.[\w-]+(\.[\w-]*)?/g;
const CREDENTIALS = /\b(bearer|basic) +[\w.~+/=-]{8,}/gi;

/**
 * Blots out tokens and the given secrets wherever they stand in a text. The last line of defence:
 * it holds also for what a library puts into an error message.
 */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const known = secrets.filter((secret) => secret.length >= 8);
  return (text) => {
    let clean = text.replace(TOKEN, HIDDEN).replace(CREDENTIALS, `$1 ${HIDDEN}`);
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN);
    return clean;
  };
}

/** Fields whose values are never logged, whatever they hold. */
export const HIDDEN_FIELDS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'access_token',
  'refresh_token',
  'headers.authorization',
  'headers.cookie',
  'headers["set-cookie"]',
  'headers["proxy-authorization"]',
  'headers["x-api-key"]',
].flatMap((field) => [field, `*.${field}`]);
