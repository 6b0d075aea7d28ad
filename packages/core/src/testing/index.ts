// For tests of whatever stands on core: the suites that each port's adapters must pass, and a world without real time,
// chance or network.
export { describeBus } from './bus-suite/describe-bus.js'
export type { BusSubject, BusSuiteOptions } from './bus-suite/subject.js'
export { FaultyStorage, type CommitFault } from './faulty-storage.js'
export { LossyBusHub, type LossyBusOptions } from './lossy-bus.js'
export { describePresence } from './presence-suite/describe-presence.js'
export type { PresenceSubject, PresenceSuiteOptions } from './presence-suite/subject.js'
export { SeededRandom } from './seeded-random.js'
export { settle } from './settle.js'
export { describeStorage } from './storage-suite/describe-storage.js'
export type { StorageCapabilities, StorageSubject, StorageSuiteOptions } from './storage-suite/subject.js'
export { VirtualClock, type NodeClock } from './virtual-clock.js'
