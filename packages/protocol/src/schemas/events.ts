// The payload of each event that the server sends.
import { z } from 'zod/mini'
import { kickReasons, type ServerEvent, type ServerEvents } from '../events.js'
import { entrySchema } from './entries.js'
import { messageSchema } from './messages.js'
import { cursor, jsonValue, longId, position, seq, shortId, time } from './values.js'

const ready = z.strictObject({
  userId: longId,
  sessionId: longId,
  nodeId: longId,
  epoch: z.string(),
  reset: z.boolean(),
  seq: position,
  serverTime: time,
  expiresAt: z.optional(time),
  heartbeatMs: z.int().check(z.minimum(1)),
  timelines: z.array(z.strictObject({ conversationId: longId, seq: position })),
  timelinesCursor: z.optional(cursor),
  push: z.optional(z.strictObject({ webpush: z.optional(z.strictObject({ key: z.string() })) })),
  features: z.array(z.string()),
  limits: z.strictObject({
    contentBytes: z.int().check(z.minimum(1)),
    pull: z.int().check(z.minimum(1)),
    history: z.int().check(z.minimum(1)),
    list: z.int().check(z.minimum(1)),
    groupMembers: z.int().check(z.minimum(1)),
    inflight: z.int().check(z.minimum(1)),
  }),
})

export const eventSchemas = {
  ready,
  entries: z.strictObject({ entries: z.array(entrySchema).check(z.minLength(1)) }),
  timeline: z.strictObject({ conversationId: longId, messages: z.array(messageSchema).check(z.minLength(1)) }),
  sync: z.strictObject({ seq: position }),
  s2c: z.strictObject({ id: longId, topic: shortId, payload: jsonValue }),
  receipt: z.strictObject({
    conversationId: longId,
    userId: longId,
    readSeq: z.optional(seq),
    deliveredSeq: z.optional(seq),
  }),
  typing: z.strictObject({ conversationId: longId, userId: longId }),
  presence: z.strictObject({ userId: longId, online: z.boolean(), devices: z.array(shortId) }),
  kick: z.strictObject({
    reason: z.enum(kickReasons),
    by: z.optional(z.strictObject({ deviceId: shortId, deviceType: shortId, at: time })),
  }),
  reconnect: z.strictObject({ afterMs: z.int().check(z.minimum(0)) }),
} as const satisfies { readonly [Event in ServerEvent]: z.ZodMiniType<ServerEvents[Event]> }
