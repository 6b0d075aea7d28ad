// The payload of each event that the server sends.
import { z } from 'zod'
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
  expiresAt: time.optional(),
  heartbeatMs: z.int().min(1),
  timelines: z.array(z.strictObject({ conversationId: longId, seq: position })),
  timelinesCursor: cursor.optional(),
  push: z.strictObject({ webpush: z.strictObject({ key: z.string() }).optional() }).optional(),
  features: z.array(z.string()),
  limits: z.strictObject({
    contentBytes: z.int().min(1),
    pull: z.int().min(1),
    history: z.int().min(1),
    list: z.int().min(1),
    groupMembers: z.int().min(1),
    inflight: z.int().min(1),
  }),
})

export const eventSchemas = {
  ready,
  entries: z.strictObject({ entries: z.array(entrySchema).min(1) }),
  timeline: z.strictObject({ conversationId: longId, messages: z.array(messageSchema).min(1) }),
  sync: z.strictObject({ seq: position }),
  s2c: z.strictObject({ id: longId, topic: shortId, payload: jsonValue }),
  receipt: z.strictObject({
    conversationId: longId,
    userId: longId,
    readSeq: seq.optional(),
    deliveredSeq: seq.optional(),
  }),
  typing: z.strictObject({ conversationId: longId, userId: longId }),
  presence: z.strictObject({ userId: longId, online: z.boolean(), devices: z.array(shortId) }),
  kick: z.strictObject({
    reason: z.enum(kickReasons),
    by: z.strictObject({ deviceId: shortId, deviceType: shortId, at: time }).optional(),
  }),
  reconnect: z.strictObject({ afterMs: z.int().min(0) }),
} as const satisfies { readonly [Event in ServerEvent]: z.ZodType<ServerEvents[Event]> }
