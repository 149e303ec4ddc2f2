import { POINTS, type Point } from '../service/points.js';
import { FAULTS, STORES, type StoreName } from './faults.js';
import type { Cell } from './run-cell.js';

export const POINT_NAMES: Readonly<Record<Point, string>> = {
  'before-commit': 'before a commit',
  'after-commit': 'after a commit, before its dispatch',
  'during-attempt': 'during an attempt',
  'after-attempt': 'after an attempt, before its commit',
  'during-projection': 'during projection',
  'during-take-over': 'during take-over or recovery',
};

/** Where the short form has other faults than `kill -9`, which it has everywhere. */
const SHORT: Readonly<Record<StoreName, Readonly<Record<string, readonly Point[]>>>> = {
  mongodb: {
    'database away': ['during-attempt', 'during-take-over'],
    'connections dropped': ['after-commit', 'during-projection'],
    'half-open': ['during-attempt', 'after-attempt'],
    'answers lost': ['before-commit', 'after-attempt'],
    'slow store': ['after-attempt', 'during-projection'],
    'not the primary': ['before-commit', 'during-take-over'],
  },
  sqlite: {
    'database away': ['before-commit', 'during-attempt'],
    'slow store': ['after-commit'],
  },
};

export type Form = 'short' | 'long';

/** Every cell there is, and the form of the tests from which on it is run. */
export const CELLS: readonly (Cell & { readonly form: Form })[] = STORES.flatMap((store) =>
  POINTS.flatMap((point) =>
    FAULTS.filter(({ stores }) => stores.includes(store)).map((fault) => ({
      store,
      point,
      fault,
      form:
        fault.name.startsWith('killed') || SHORT[store][fault.name]?.includes(point) === true
          ? 'short'
          : 'long',
    })),
  ),
);

export function cellName({ store, point, fault }: Cell): string {
  return `${store}: ${POINT_NAMES[point]}: ${fault.name}`;
}
