// For tests of whatever stands on core: the suites that each port's adapters must pass, and a world without real time,
// chance or network.
export { SeededRandom } from './seeded-random.js'
export { describeStorage } from './storage-suite/describe-storage.js'
export type { StorageCapabilities, StorageSubject, StorageSuiteOptions } from './storage-suite/subject.js'
