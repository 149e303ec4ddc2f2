import type { Shape } from '../../core/graph/shape.js';
import type { Json } from '../../core/json.js';

/** Which reports a test command writes: a path or glob below the folder it runs in. */
export interface ReportSpec {
  readonly format: 'junit' | 'ctrf';
  readonly pattern: string;
}

const pattern = (what: string): Shape => ({
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  description: `${what}: a path, or a glob whose matches are merged, below the folder that the command runs in.`,
});

export const REPORT_SHAPE: Shape = {
  type: 'object',
  description: 'The reports that the command writes. Reports from before the attempt do not count.',
  properties: {
    junit: pattern('JUnit XML, as most test runners write it'),
    ctrf: pattern('CTRF JSON (https://ctrf.io)'),
  },
  additionalProperties: false,
  anyOf: [{ required: ['junit'] }, { required: ['ctrf'] }],
  examples: [{ junit: 'reports/**/*.xml' }],
};

/** The reports that a config or a catalogue entry names; both formats may be. */
export function reportSpecs(report: Json | undefined): readonly ReportSpec[] {
  if (typeof report !== 'object' || report === null || Array.isArray(report)) return [];
  return (['junit', 'ctrf'] as const).flatMap((format) => {
    const named = (report as Readonly<Record<string, Json>>)[format];
    return typeof named === 'string' ? [{ format, pattern: named }] : [];
  });
}
