// Types, codes and limits of the wire, without any dependency. The schemas are in `@rookery/protocol/schemas`.
export type {
  ConversationId,
  DeviceId,
  DeviceType,
  JsonText,
  MessageId,
  NodeId,
  Seq,
  SessionId,
  UserId,
} from './ids.js'
export {
  controlPrefix,
  isControlType,
  type ControlContents,
  type ControlType,
  type ConversationKind,
  type ExpiredMessage,
  type Message,
} from './message.js'
export type { Conversation } from './conversation.js'
export {
  groupEvents,
  type GroupEvent,
  type GroupInfo,
  type GroupMember,
  type GroupProfile,
  type Role,
} from './group.js'
export type {
  ConversationEntry,
  CustomEntry,
  Entry,
  FollowEntry,
  MessageEntry,
  ReadEntry,
  UnfollowEntry,
} from './entry.js'
export type { UserPresence } from './presence.js'
export {
  defaultWireLimits,
  features,
  namespace,
  protocolVersion,
  type HandshakeAuth,
  type Ready,
  type TimelineHead,
  type WireLimits,
} from './handshake.js'
export {
  afterKick,
  kickReasons,
  type KickedBy,
  type KickReason,
  type ServerEvent,
  type ServerEvents,
} from './events.js'
export type {
  Answer,
  DataOf,
  OwnReactions,
  Pulled,
  PulledTimeline,
  RequestEvent,
  RequestOf,
  Requests,
  Sent,
  WebPushSubscription,
} from './requests.js'
export {
  errorCodes,
  mayBeTriedAgain,
  RookeryError,
  type CodeFacts,
  type ErrorCode,
  type ErrorFacts,
  type WireError,
} from './errors.js'
export { depthMax, isJsonObject, jsonFault, type JsonFault } from './json.js'
