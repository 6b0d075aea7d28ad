// The suites that adapters of each port must pass. They need vitest.
export { describeBus } from './bus/describe-bus.js'
export type { BusCapability, BusSubject, BusSuiteOptions } from './bus/subject.js'
export { describePresence } from './presence/describe-presence.js'
export type { PresenceCapability, PresenceSubject, PresenceSuiteOptions } from './presence/subject.js'
export { raceWithRemoval, type RemovalRace } from './removal-race.js'
export { describeStorage } from './storage/describe-storage.js'
export type { StorageCapabilities, StorageSubject, StorageSuiteOptions } from './storage/subject.js'
