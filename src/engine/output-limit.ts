import type { AttemptResult } from '../core/job/attempt.js';
import type { Json } from '../core/json.js';
import type { ArtifactStore } from '../ports/artifact-store.js';
import type { AttemptRef } from '../ports/node-executor.js';

/** Bytes of JSON beyond which an output is kept as an artifact and only named in the journal. */
export const MAX_INLINE_OUTPUT = 256 * 1024;
const MAX_OUTPUT = 64 * 1024 * 1024;
const NAME = 'output.json';

/** Whether an output is not there itself, but was replaced by the name of its artifact. */
export function isArtifact(output: Json): boolean {
  return (
    typeof output === 'object' &&
    output !== null &&
    'artifact' in output &&
    output.artifact === NAME &&
    'bytes' in output
  );
}

/** Replaces an output over {@link MAX_INLINE_OUTPUT} by `{ artifact, bytes }` that names it. */
export async function boundOutput(
  artifacts: ArtifactStore,
  attempt: AttemptRef,
  result: AttemptResult,
): Promise<AttemptResult> {
  const text = JSON.stringify(result.output);
  if (text.length <= MAX_INLINE_OUTPUT / 4) return result;
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_INLINE_OUTPUT) return result;
  const { tenantId, jobId, nodeId, attempt: number } = attempt;
  const writer = artifacts.create(
    { tenantId, jobId, nodeId, attempt: number, name: NAME },
    MAX_OUTPUT,
  );
  writer.write(bytes);
  await writer.close();
  return { ...result, output: { artifact: NAME, bytes: bytes.length } };
}
