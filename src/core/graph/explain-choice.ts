import { namesOfTypes } from './check-value.js';
import type { Problem } from './problem.js';
import type { JsonType, Shape } from './shape.js';
import { either } from './wording.js';

/**
 * Why a value fits none of the alternatives, or more than one where it must be one: as the problems
 * of the alternative that was most likely meant where that can be told, otherwise as one problem.
 *
 * @param reports the problems that each alternative finds; none where it fits.
 * @param pointer of the value.
 */
export function explainChoice(
  kind: 'anyOf' | 'oneOf',
  alternatives: readonly Shape[],
  reports: readonly (readonly Problem[])[],
  pointer: string,
): readonly Problem[] {
  const code = kind === 'oneOf' ? 'one_of' : 'any_of';
  const several = reports.filter((problems) => problems.length === 0).length > 1;
  if (!several) {
    const meant = mostLikely(reports, pointer);
    if (meant !== undefined) return meant;
  }
  const fields = alternatives.map(({ required }) => required?.join(' and '));
  if (fields.every((field) => field !== undefined)) {
    const count = kind === 'oneOf' ? 'exactly' : 'at least';
    const message = `must have ${count} one of: ${fields.join(', ')}`;
    return [{ pointer, code, message: several ? `${message}; it has more than one` : message }];
  }
  if (several) {
    return [{ pointer, code, message: 'fits more than one of the forms that it may have' }];
  }
  const types = alternatives.flatMap(({ type }) => type ?? []);
  const values = alternatives.flatMap((alternative) => alternative.enum ?? alternative.const ?? []);
  const forms = [...(types.length > 0 ? [namesOfTypes(unique(types))] : []), ...values.map(String)];
  const message =
    forms.length > 0 ? `must be ${either(forms)}` : 'fits none of the forms that it may have';
  return [{ pointer, code, message }];
}

const NOT_THIS_ONE: ReadonlySet<string> = new Set(['type', 'required', 'enum', 'const']);

/** The shortest report that does not say that the value is something else altogether. */
function mostLikely(
  reports: readonly (readonly Problem[])[],
  pointer: string,
): readonly Problem[] | undefined {
  return reports
    .filter((problems) =>
      problems.every((problem) => problem.pointer !== pointer || !NOT_THIS_ONE.has(problem.code)),
    )
    .reduce<readonly Problem[] | undefined>(
      (best, report) => (best === undefined || report.length < best.length ? report : best),
      undefined,
    );
}

function unique(types: readonly JsonType[]): readonly JsonType[] {
  return [...new Set(types)];
}
