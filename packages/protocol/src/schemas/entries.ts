// The entries of an inbox, one schema for each kind.
import { z } from 'zod/mini'
import { expiredSchema, messageSchema } from './messages.js'
import { jsonValue, longId, position, seq, shortId, time } from './values.js'

const at = { seq, at: time }

export const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({ ...at, kind: z.literal('message'), message: z.union([messageSchema, expiredSchema]) }),
  z.strictObject({
    ...at,
    kind: z.literal('read'),
    conversationId: longId,
    readSeq: position,
    unread: position,
    atSeq: position,
  }),
  z.strictObject({
    ...at,
    kind: z.literal('conversation'),
    conversationId: longId,
    pinned: z.boolean(),
    muted: z.boolean(),
    hidden: z.boolean(),
  }),
  z.strictObject({ ...at, kind: z.literal('follow'), conversationId: longId, from: position }),
  z.strictObject({ ...at, kind: z.literal('unfollow'), conversationId: longId, to: position }),
  z.strictObject({ ...at, kind: z.literal('custom'), topic: shortId, payload: jsonValue }),
])
