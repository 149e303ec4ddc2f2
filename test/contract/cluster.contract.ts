import type { ClusterContract } from '../support/cluster-under-test.js';
import { concurrencyKeysContract } from './concurrency-keys.contract.js';
import { instanceRegistryContract } from './instance-registry.contract.js';
import { jobInboxContract } from './job-inbox.contract.js';
import { jobLeasesContract } from './job-leases.contract.js';

export function clusterContract(contract: ClusterContract): void {
  instanceRegistryContract(contract);
  jobLeasesContract(contract);
  jobInboxContract(contract);
  concurrencyKeysContract(contract);
}
