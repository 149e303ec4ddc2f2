import type { Shape } from '../graph/shape.js';
import type { JsonObject } from '../json.js';

/** What a revision of a template says, as it was put. */
export interface TemplateContent {
  /** For people. */
  readonly description?: string;
  /** A JSON Schema of the inputs, within what `checkParameters` takes. Absent: it takes no inputs. */
  readonly parameters?: JsonObject;
  /** A job as it is submitted, without `inputs`. */
  readonly definition: JsonObject;
}

/** Which template, and what of it, a job was made from. */
export interface TemplateOrigin {
  readonly name: string;
  readonly revision: number;
  readonly hash: string;
}

/** Bytes of a template as JSON: the stores keep a revision in one piece. */
export const MAX_TEMPLATE_BYTES = 8 * 1024 * 1024;

export const TEMPLATE_NAME: Shape = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  pattern: '^(?!__proto__$)[A-Za-z0-9_][A-Za-z0-9_.:-]*$',
  patternMessage:
    'must consist of letters, digits, "_", ".", ":" and "-", start with a letter, digit or "_", and not be "__proto__"',
};

/** What may be put as a template, but for what the definition and the parameters hold. */
export const TEMPLATE_SHAPE: Shape = {
  title: 'Template',
  type: 'object',
  properties: {
    description: { description: 'For people.', type: 'string', maxLength: 4000 },
    parameters: { description: 'A JSON Schema of the inputs.', type: 'object' },
    definition: { description: 'A job, without `inputs`.', type: 'object' },
  },
  required: ['definition'],
  additionalProperties: false,
};
