// The `data` of the answer to each request.
import { z } from 'zod/mini'
import { errorCodes, type ErrorCode } from '../errors.js'
import type { DataOf, RequestEvent } from '../requests.js'
import { entrySchema } from './entries.js'
import { conversationSchema, groupSchema, memberSchema, messageSchema, userPresenceSchema } from './messages.js'
import { cursor, jsonValue, longId, position, reaction, seq, time } from './values.js'

const sent = z.strictObject({
  msgId: longId,
  conversationId: longId,
  seq,
  serverTime: time,
  duplicate: z.boolean(),
})
const changed = z.strictObject({ seq })
const mine = z.record(longId, z.array(reaction))
const nothing = z.strictObject({})

const pulled = z.strictObject({
  entries: z.array(entrySchema),
  timelines: z.array(
    z.strictObject({
      conversationId: longId,
      messages: z.array(messageSchema),
      seq: position,
      more: z.boolean(),
      truncated: z.boolean(),
    }),
  ),
  seq: position,
  more: z.boolean(),
  truncated: z.boolean(),
  reset: z.boolean(),
  epoch: z.string(),
  mine,
})

export const answerSchemas = {
  c2c: sent,
  c2g: sent,
  c2s: jsonValue,
  ack: z.strictObject({ seq: position }),
  pull: pulled,
  follows: z.strictObject({
    timelines: z.array(z.strictObject({ conversationId: longId, seq: position, from: position })),
    cursor: z.optional(cursor),
  }),
  history: z.strictObject({ messages: z.array(messageSchema), more: z.boolean(), mine }),
  conversations: z.strictObject({
    conversations: z.array(conversationSchema),
    unreadTotal: position,
    cursor: z.optional(cursor),
  }),
  'conversation.get': conversationSchema,
  'conversation.update': conversationSchema,
  read: z.strictObject({ readSeq: position, unread: position, atSeq: position }),
  recall: changed,
  edit: changed,
  react: changed,
  readers: z.strictObject({
    read: position,
    total: position,
    userIds: z.array(longId),
    cursor: z.optional(cursor),
  }),
  typing: nothing,
  presence: z.strictObject({ users: z.array(userPresenceSchema) }),
  'group.create': groupSchema,
  'group.get': groupSchema,
  'group.update': groupSchema,
  'group.dissolve': nothing,
  'group.members': z.strictObject({ members: z.array(memberSchema), cursor: z.optional(cursor) }),
  'group.add': groupSchema,
  'group.remove': groupSchema,
  'group.leave': nothing,
  'group.role': groupSchema,
  'group.mute': groupSchema,
  'push.register': nothing,
  'push.unregister': nothing,
  time: z.strictObject({ t0: z.number(), serverTime: time }),
  'auth.refresh': z.strictObject({ expiresAt: z.optional(time) }),
  logout: nothing,
} as const satisfies { readonly [Event in RequestEvent]: z.ZodMiniType<DataOf<Event>> }

/** The `error` of an answer, and `err.data` of a refused handshake. */
export const errorSchema = z.strictObject({
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  details: z.optional(z.unknown()),
  retryAfterMs: z.optional(z.int().check(z.minimum(0))),
})
