import type { Shape } from '../core/graph/shape.js';
import { ARGS, COMMAND, CWD, ENV } from './command-shapes.js';
import { REPORT_SHAPE } from './reports/report-spec.js';

/** Shapes that test_case and test_suite share. */

export const CASE_NAME: Shape = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'The name of a test case in the catalogue of the tenant.',
};

export const TEST_COMMAND: Readonly<Record<string, Shape>> = {
  command: COMMAND,
  args: ARGS,
  env: ENV,
  cwd: CWD,
  report: REPORT_SHAPE,
};
