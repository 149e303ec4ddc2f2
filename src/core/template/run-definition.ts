import type { JsonObject } from '../json.js';

/** What a run may say of its job in place of the template: any field of a job but its graph. */
export type RunSettings = JsonObject;

/**
 * The job that a run of a template submits, to be compiled. A setting of the run replaces the
 * template's; labels are added to the template's, the run's first.
 */
export function runDefinition(
  definition: JsonObject,
  settings: RunSettings,
  inputs: JsonObject,
): JsonObject {
  const labels = { ...objectOf(definition['labels']), ...objectOf(settings['labels']) };
  return {
    ...definition,
    ...settings,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
  };
}

function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null ? (value as JsonObject) : {};
}
