import type { Clock } from '../ports/clock.js';
import { StoreUnavailable } from '../ports/store-errors.js';
import type { MovableStore } from './movable-store.js';

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

/**
 * The same store, its calls repeated while it is unavailable, for `patience` ms: a server that
 * changes its primary does not end a copy of hours. All of the calls may be repeated.
 */
export function patient(store: MovableStore, clock: Clock, patience: number): MovableStore {
  const again = async <T>(call: () => Promise<T>): Promise<T> => {
    const ends = clock.now() + patience;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || clock.now() + pause > ends) throw error;
      }
      await new Promise<void>((resolve) => {
        clock.setTimer(pause, resolve);
      });
    }
  };
  const { journal, projections, catalogue, templates, deadLetters } = store;
  const { schedules, tokens, contents, arrival } = store;
  return {
    journal: {
      commit: (batch) => again(() => journal.commit(batch)),
      stage: (ref, chunk) => again(() => journal.stage(ref, chunk)),
      readDefinition: (...page) => again(() => journal.readDefinition(...page)),
    },
    projections: { job: (ref) => again(() => projections.job(ref)) },
    catalogue: {
      get: (tenant, name) => again(() => catalogue.get(tenant, name)),
      put: (tenant, testCase) => again(() => catalogue.put(tenant, testCase)),
    },
    templates: {
      get: (...revision) => again(() => templates.get(...revision)),
      put: (tenant, revision) => again(() => templates.put(tenant, revision)),
      archive: (...name) => again(() => templates.archive(...name)),
    },
    deadLetters: {
      get: (tenant, id) => again(() => deadLetters.get(tenant, id)),
      put: (letter) => again(() => deadLetters.put(letter)),
      delete: (tenant, ids) => again(() => deadLetters.delete(tenant, ids)),
    },
    schedules: {
      get: (ref) => again(() => schedules.get(ref)),
      create: (schedule) => again(() => schedules.create(schedule)),
      delete: (ref) => again(() => schedules.delete(ref)),
    },
    tokens: { redeem: (...token) => again(() => tokens.redeem(...token)) },
    contents: {
      size: () => again(() => contents.size()),
      jobs: (...page) => again(() => contents.jobs(...page)),
      versions: (refs) => again(() => contents.versions(refs)),
      records: (...page) => again(() => contents.records(...page)),
      states: (...page) => again(() => contents.states(...page)),
      testCases: (...page) => again(() => contents.testCases(...page)),
      templates: (...page) => again(() => contents.templates(...page)),
      deadLetters: (...page) => again(() => contents.deadLetters(...page)),
      schedules: (...page) => again(() => contents.schedules(...page)),
      tokens: (...page) => again(() => contents.tokens(...page)),
    },
    arrival: {
      begun: () => again(() => arrival.begun()),
      begin: () => again(() => arrival.begin()),
      complete: () => again(() => arrival.complete()),
    },
    settled: async () => store.settled?.(),
  };
}
