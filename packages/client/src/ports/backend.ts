// What views stand on: the device's own connection and store, or those of the tab that leads.
import type { DataOf, UserPresence } from '@rookery/protocol'
import type { ConnectionStatus } from '../connection/status.js'
import type { Mirror } from '../engine/mirror.js'
import type { Signal } from '../engine/step.js'
import type { Observable } from '../views/observable.js'
import type { StorageStatus } from './storage-status.js'
import type { LocalStore, StoreOp } from './local-store.js'
import type { OutboxRow, OutgoingBody } from './rows.js'

/** What passes by and is not stored. */
export type Passing =
  | { readonly kind: 'typing'; readonly conversationId: string; readonly userId: string }
  | { readonly kind: 'presence'; readonly user: UserPresence }

/** A message that the app sends. */
export interface Outgoing {
  readonly key: string
  readonly event: 'c2c' | 'c2g'
  readonly body: Omit<OutgoingBody, 'clientTime'>
}

/** What the app asks for. Each resolves when it is carried out. */
export interface Commands {
  send(message: Outgoing): Promise<void>
  /** False where there is nothing that was refused. */
  retry(clientMsgId: string): Promise<boolean>
  /** False where the server may have it: then it is a message like every other. */
  discard(clientMsgId: string): Promise<boolean>
  /** A person has seen everything up to `seq`. */
  seen(conversationId: string, seq: number): Promise<void>
  opened(conversationId: string): Promise<void>
  draft(key: string, value: unknown): Promise<void>
  /** Fills a run of messages; resolves when it is stored. */
  history(asked: {
    readonly conversationId: string
    readonly before?: number
    readonly after?: number
    readonly limit?: number
  }): Promise<void>
  /** Any other request. `isRepeatable`: the server carries it out once, however often it is sent. */
  ask(event: string, body: unknown, isRepeatable: boolean): Promise<unknown>
  /** Reads one conversation by its users or its group. */
  find(target: object): Promise<DataOf<'conversation.get'>>
  tell(event: 'typing', body: { readonly conversationId: string }): Promise<void>
}

export interface Backend {
  readonly mirror: Mirror
  readonly status: Observable<ConnectionStatus>
  readonly storage: Observable<StorageStatus>
  readonly reads: Pick<LocalStore, 'messages' | 'messagesAt'>
  readonly commands: Commands
  /** Calls back when the store was read, or was read anew. */
  onOpen(changed: () => void): () => void
  onCommit(changed: (ops: readonly StoreOp[]) => void): () => void
  onSignal(hear: (signal: Signal) => void): () => void
  onPassing(hear: (passing: Passing) => void): () => void
  /** Calls back when a message begins or ends to be on its way. */
  onSending(changed: () => void): () => void
  isSending(row: OutboxRow): boolean
  /** Unix ms by the server's clock. */
  now(): number
  onTopic(topic: string, handler: (payload: unknown) => unknown): () => void
  /** Opens the store. The app may read what is held before it connects. */
  open(): Promise<void>
  connect(): Promise<void>
  disconnect(): Promise<void>
  /** Ends this device's session for good. `isWiped`: nothing stays on the device. */
  logout(isWiped: boolean): Promise<void>
}
