import type { ClusterUnderTest } from '../support/cluster-under-test.js';
import { MemoryCluster } from '../support/memory-cluster.js';
import { MemoryDurationHistory } from '../support/memory-duration-history.js';
import { MemoryStore } from '../support/memory-store.js';
import { MemoryResultCache } from '../support/memory-result-cache.js';
import { clusterContract } from './cluster.contract.js';
import { deadLettersContract, type LettersUnderTest } from './dead-letters.contract.js';
import { resultCacheContract } from './result-cache.contract.js';
import { durationHistoryContract } from './duration-history.contract.js';
import { MemorySchedules } from '../support/memory-schedules.js';
import { scheduleStoreContract } from './schedule-store.contract.js';

let shared: ClusterUnderTest;

clusterContract({
  name: 'memory',
  create: () => {
    const journal = new MemoryStore();
    const cluster = new MemoryCluster(journal);
    shared = { journal, cluster, settled: () => Promise.resolve() };
    return Promise.resolve(shared);
  },
  reopen: () => Promise.resolve(shared),
  destroy: () => Promise.resolve(),
});

let letters: LettersUnderTest;
let results: MemoryResultCache;

deadLettersContract({
  name: 'memory',
  create: () => {
    const journal = new MemoryStore();
    const { deadLetters } = journal;
    letters = { journal, deadLetters, settled: () => Promise.resolve() };
    return Promise.resolve(letters);
  },
  reopen: () => Promise.resolve(letters),
  destroy: () => Promise.resolve(),
});

let durations: MemoryDurationHistory;

durationHistoryContract({
  name: 'memory',
  create: () => Promise.resolve({ durations: (durations = new MemoryDurationHistory()) }),
  reopen: ({ durationNames } = {}) =>
    Promise.resolve({ durations: new MemoryDurationHistory(durationNames, durations) }),
  destroy: () => Promise.resolve(),
});

resultCacheContract({
  name: 'memory',
  create: () => Promise.resolve({ results: (results = new MemoryResultCache()) }),
  reopen: () => Promise.resolve({ results }),
  destroy: () => Promise.resolve(),
});

let schedules: MemorySchedules;

scheduleStoreContract({
  name: 'memory',
  create: () => {
    schedules = new MemorySchedules();
    return Promise.resolve({ schedules });
  },
  reopen: () => Promise.resolve({ schedules }),
  destroy: () => Promise.resolve(),
});
