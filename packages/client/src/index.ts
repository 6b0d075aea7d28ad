// Rookery's client. It opens nothing until `connect`, and needs no framework.
export { createClient, type ClientOptions, type ClientPorts } from './create-client.js'
export { Client, type MessageHandler } from './client.js'
export type { BackoffOptions } from './connection/backoff.js'
export type { TokenReason } from './connection/connection.js'
export type { ConnectionStatus, EndReason } from './connection/status.js'
export type { Clock, Random, Timer } from './ports/clock.js'
export type { Dial, Link, LinkEvents, RawAnswer } from './ports/link.js'
export {
  StoreFullError,
  type LocalStore,
  type MessageQuery,
  type SmallTable,
  type StoreOp,
} from './ports/local-store.js'
export { plainPlatform, type Platform } from './ports/platform.js'
export {
  keysOf,
  type BlobRow,
  type ControlRow,
  type ConversationRow,
  type DraftRow,
  type Key,
  type MessageRow,
  type MetaRow,
  type OutboxRow,
  type OutgoingBody,
  type RangeRow,
  type SendFailure,
  type Table,
  type Tables,
  type TimelineRow,
} from './ports/rows.js'
export type { StorageStatus } from './ports/storage-status.js'
export { MemoryStore } from './store/memory-store.js'
export type { TabChannel, TabPorts, Telling } from './tabs/wire.js'
export {
  defineTypes,
  type AnswerOut,
  type ContentIn,
  type ContentOut,
  type DeclaredMessage,
  type DeclaredTopic,
  type DeclaredTypes,
  type MessageType,
  type PayloadIn,
  type PayloadOut,
  type TopicName,
} from './types/index.js'
export type { ConversationListState } from './views/conversation-list.js'
export type { ConversationState } from './views/conversation-state.js'
export type { Conversation, NewMessage, Target } from './views/conversation.js'
export { inDisplayOrder, type DisplayOrder } from './views/display-order.js'
export type { Draft } from './views/draft.js'
export type { GroupActions } from './views/group.js'
export type { Item, SendState } from './views/items.js'
export type { MessageView, MessageViewOptions, MessageViewState, OpenAt } from './views/message-view.js'
export type { Observable } from './views/observable.js'
export type { Outcome, Pending, PendingState } from './views/pending.js'
