export type * from './model/index.js'
export * from './ports/index.js'
export type { Connection, Frame, Gate, Handshake, Inbound } from './gate/connection.js'
export { createRookery, Rookery, type Health, type NodeStats } from './rookery.js'
export { optionNames, type RookeryOptions } from './options.js'
export { didYouMean } from './protocol/did-you-mean.js'
export {
  type HostGroupMessage,
  type HostMessage,
  type Im,
  type ImTransaction,
  type MessagePlace,
  type Pushed,
  type PushedEvent,
  type SystemMessage,
} from './logic/im.js'
export type { GroupCall, GroupListCall, GroupProgress, ImGroups, NewGroup } from './logic/im-groups.js'
export {
  defineTypes,
  type ContentFor,
  type ContentOf,
  type InputOf,
  type MessageType,
  type MessageTypes,
  type RegisteredTypes,
  type TypeName,
} from './logic/message-types.js'
export type * from './logic/register.js'
export type {
  Conversation,
  GroupEvent,
  GroupInfo,
  GroupMember,
  GroupProfile,
  Message,
  UserPresence,
} from './protocol/shapes.js'
export type { Retention } from './protocol/retention.js'
export type { EraseProgress, HostMaintenance, UserRecord, VerifyProgress } from './logic/maintenance.js'
export type { OwnedGroups } from './logic/leave-groups.js'
export type { Progress, TrimProgress } from './logic/retention.js'
export type { FanOutRules, GroupRules, Limits, Rate, Timing } from './protocol/limits.js'
export { mayBeTriedAgain, RookeryError, type ErrorCode, type ErrorFacts } from './protocol/errors.js'
export { MemoryBusHub, type Carrier, type Parcel } from './memory/memory-bus.js'
export { MemoryDatabase, type MemorySnapshot } from './memory/memory-database.js'
export { MemoryOutbox, MemoryTransaction } from './memory/memory-outbox.js'
export { MemoryPresence } from './memory/memory-presence.js'
export { MemoryStorage, type MemoryStorageOptions } from './memory/memory-storage.js'
export { SystemClock } from './system/system-clock.js'
export { SystemRandom } from './system/system-random.js'
