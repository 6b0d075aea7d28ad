// What the server sends without being asked.
import type { Entry } from './entry.js'
import type { Ready } from './handshake.js'
import type { ConversationId, DeviceId, DeviceType, Seq, UserId } from './ids.js'
import type { Message } from './message.js'

export const kickReasons = [
  'same-device-type',
  'same-device',
  'token-expired',
  'token-revoked',
  'admin',
  'logout',
] as const

/** Why a session was closed. */
export type KickReason = (typeof kickReasons)[number]

/** The device that took a slot. */
export interface KickedBy {
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
  /** Unix ms. */
  readonly at: number
}

/** The payload of each event. */
export interface ServerEvents {
  /** Once, first. */
  readonly ready: Ready
  /** Live inbox entries, ascending and without a gap in `seq`. */
  readonly entries: { readonly entries: readonly Entry[] }
  /** Live messages of a followed conversation timeline, ascending and without a gap in `seq`. */
  readonly timeline: { readonly conversationId: ConversationId; readonly messages: readonly Message[] }
  /** The session is behind: it gets nothing live until it has pulled to the end. */
  readonly sync: { readonly seq: Seq }
  /** The business server says something; not stored. The client acknowledges it with no value. */
  readonly s2c: { readonly id: string; readonly topic: string; readonly payload: unknown }
  /** A hint that the other side of a c2c conversation received or read. */
  readonly receipt: {
    readonly conversationId: ConversationId
    readonly userId: UserId
    readonly readSeq?: Seq
    readonly deliveredSeq?: Seq
  }
  readonly typing: { readonly conversationId: ConversationId; readonly userId: UserId }
  readonly presence: { readonly userId: UserId; readonly online: boolean; readonly devices: readonly DeviceType[] }
  /** Then the socket closes. */
  readonly kick: { readonly reason: KickReason; readonly by?: KickedBy }
  /** The node drains: connect elsewhere after that time. */
  readonly reconnect: { readonly afterMs: number }
}

export type ServerEvent = keyof ServerEvents

/** Whether a client connects again by itself after this kick: never, or only with a new token. */
export const afterKick: Readonly<Record<KickReason, 'stay-away' | 'new-token'>> = {
  'same-device-type': 'stay-away',
  'same-device': 'stay-away',
  'token-expired': 'new-token',
  'token-revoked': 'new-token',
  admin: 'stay-away',
  logout: 'stay-away',
}
