import type { JobHeader } from '../../../core/job/job-record.js';

export const nameFacet = (name: string): string => `name=${name}`;
export const typeFacet = (type: string): string => `type=${type}`;
/** The length keeps `a` = `b=c` apart from `a=b` = `c`. */
export const labelFacet = (label: string, value: string): string =>
  `label=${label.length}:${label}=${value}`;

/** What lists can ask about a job that never changes, besides its owner and priority. */
export function facetsOf(header: JobHeader): string[] {
  return [
    nameFacet(header.name),
    ...header.types.map(typeFacet),
    ...Object.entries(header.labels).map(([label, value]) => labelFacet(label, value)),
  ];
}
