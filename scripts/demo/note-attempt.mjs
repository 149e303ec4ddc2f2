// Loaded by every Node process of the demo's nodes: the first one of an attempt's command notes it.
import { appendFileSync } from 'node:fs';
import path from 'node:path';

const { DEMO_LEDGER, BATON_ATTEMPT_ID, BATON_TEST_CASE, DEMO_NOTED } = process.env;
if (DEMO_LEDGER !== undefined && BATON_ATTEMPT_ID !== undefined && DEMO_NOTED === undefined) {
  const command = [BATON_ATTEMPT_ID, BATON_TEST_CASE ?? ''].join(' ').trim();
  appendFileSync(path.join(DEMO_LEDGER, encodeURIComponent(command)), `${process.pid}\n`);
  process.env.DEMO_NOTED = '1';
}
