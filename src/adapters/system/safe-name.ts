import { createHash } from 'node:crypto';
import path from 'node:path';
import type { AttemptRef } from '../../ports/node-executor.js';

const PLAIN_SEGMENT = /^[a-z0-9_-](?:[a-z0-9_.-]{0,62}[a-z0-9_-])?$/;
/** Names that Windows keeps for devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/**
 * A folder name for an id, valid on every platform and never a step up. Different ids get different
 * names, also where the file system does not tell upper from lower case: what is not plain is
 * replaced and told apart by a hash.
 */
export function safeSegment(id: string): string {
  if (PLAIN_SEGMENT.test(id) && !DEVICE.test(id)) return id;
  const readable = id.slice(0, 48).replace(/[^A-Za-z0-9_-]/g, '_');
  return `${readable}~${createHash('sha256').update(id).digest('hex').slice(0, 16)}`;
}

/** The folder that {@link attemptPath} puts all attempts of a job into. */
export function jobPath(root: string, ref: Pick<AttemptRef, 'tenantId' | 'jobId'>): string {
  return path.join(root, safeSegment(ref.tenantId), safeSegment(ref.jobId));
}

/** Where an attempt keeps things under a root folder: `<root>/<tenant>/<job>/<node>/<attempt>`. */
export function attemptPath(
  root: string,
  ref: Pick<AttemptRef, 'tenantId' | 'jobId' | 'nodeId' | 'attempt'>,
): string {
  return path.join(jobPath(root, ref), safeSegment(ref.nodeId), String(Math.trunc(ref.attempt)));
}

const MAX_FILE_NAME = 200;

/**
 * The name on disk of a file that somebody named, from which {@link originalName} gets the name
 * back; `undefined` when it is no plain file name (a path, a step up, empty, too long).
 */
export function fileNameOf(name: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is refused here
  if (name === '' || name === '.' || name === '..' || /[/\\\u0000-\u001f]/.test(name)) {
    return undefined;
  }
  let encoded: string;
  try {
    encoded = encodeURIComponent(name).replace(/[!'()*~]/g, percent);
  } catch {
    return undefined; // half a surrogate pair
  }
  if (DEVICE.test(encoded)) encoded = percent(encoded.charAt(0)) + encoded.slice(1);
  if (encoded.endsWith('.')) encoded = encoded.slice(0, -1) + percent('.');
  return encoded.length > MAX_FILE_NAME ? undefined : encoded;
}

/** `undefined` for a file that {@link fileNameOf} did not name. */
export function originalName(fileName: string): string | undefined {
  try {
    const name = decodeURIComponent(fileName);
    return fileNameOf(name) === fileName ? name : undefined;
  } catch {
    return undefined;
  }
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
