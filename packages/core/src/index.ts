export type * from './model/index.js'
export * from './ports/index.js'
export type {
  Conversation,
  ConversationId,
  ConversationKind,
  DeviceId,
  DeviceType,
  ErrorCode,
  ErrorFacts,
  GroupEvent,
  GroupInfo,
  GroupMember,
  GroupProfile,
  JsonText,
  Message,
  MessageId,
  NodeId,
  Role,
  Sent,
  Seq,
  SessionId,
  UserId,
  UserPresence,
} from '@rookery/protocol'
export { mayBeTriedAgain, RookeryError } from '@rookery/protocol'
export type { Connection, Frame, Gate, Handshake, Inbound } from './gate/connection.js'
export type { Health, NodeStats } from './health.js'
export { createRookery, Rookery } from './rookery.js'
export type { OwnedGroups } from './logic/groups/leave-groups.js'
export type { GroupCall, GroupListCall, GroupProgress, ImGroups, NewGroup } from './logic/host/im-groups.js'
export type {
  HostGroupMessage,
  HostMessage,
  Im,
  ImTransaction,
  MessagePlace,
  S2cResult,
  S2cEvent,
  S2cCall,
  SystemMessage,
} from './logic/host/im.js'
export type { HostPresence } from './logic/delivery/online.js'
export type { EraseProgress, HostMaintenance, UserRecord, VerifyProgress } from './logic/host/maintenance.js'
export {
  type ContentFor,
  type ContentOf,
  defineTypes,
  type InputOf,
  type MessageType,
  type MessageTypes,
  type RegisteredTypes,
  type TypeName,
} from './logic/messages/message-types.js'
export type { Progress, TrimProgress } from './logic/storing/retention.js'
export { didYouMean } from './options/did-you-mean.js'
export * as option from './options/declare.js'
export type { FanOutRules, GroupRules, Limits, Rate, Timing } from './options/limits.js'
export { optionNames, type RookeryOptions } from './options/options.js'
export type { PushOptions, PushRules } from './options/push.js'
export type { Retention } from './options/retention.js'
export type * from './logic/messages/register.js'
export { MemoryBusHub, type Carrier, type Parcel } from './memory/memory-bus.js'
export { emptyAfterMs, IncomingParcels, OutgoingParcels } from './model/parcels.js'
export { MemoryDatabase, type MemorySnapshot } from './memory/memory-database.js'
export { MemoryOutbox, MemoryTransaction } from './memory/memory-outbox.js'
export { MemoryPresence } from './memory/memory-presence.js'
export { MemoryStorage, type MemoryStorageOptions } from './memory/memory-storage.js'
export { SystemClock } from './system/system-clock.js'
export { SystemRandom } from './system/system-random.js'
