// Messages, conversations and groups as the server sends them. The schemas are strict, so that a check finds a server
// that sends more than the protocol has. Clients ignore fields that they do not know.
import { z } from 'zod/mini'
import { isControlType, type ControlType } from '../message.js'
import { groupEvents } from '../group.js'
import { jsonObject, longId, name, position, reaction, role, seq, shortId, text, time } from './values.js'

const kind = z.enum(['c2c', 'c2g'])

const profile = {
  name: z.optional(name),
  avatar: z.optional(z.nullable(text)),
  announcement: z.optional(z.nullable(text)),
  ext: z.optional(z.nullable(jsonObject)),
}

/** The content of each control message. */
export const controlSchemas = {
  'im.recall': z.strictObject({ seq }),
  'im.edit': z.strictObject({ seq, content: jsonObject }),
  'im.reaction': z.strictObject({ seq, reaction, remove: z.boolean() }),
  'im.group': z.strictObject({
    event: z.enum(groupEvents),
    by: z.nullable(longId),
    userIds: z.optional(z.array(longId)),
    role: z.optional(role),
    until: z.optional(time),
    changes: z.optional(z.strictObject(profile)),
  }),
} as const satisfies Record<ControlType, z.ZodMiniType>

const isKnown = (type: string): type is ControlType => Object.hasOwn(controlSchemas, type)

export const messageSchema = z
  .strictObject({
    msgId: longId,
    clientMsgId: z.string().check(z.minLength(1), z.maxLength(128)),
    conversationId: longId,
    seq,
    from: z.nullable(longId),
    to: z.optional(longId),
    subject: z.optional(shortId),
    groupId: z.optional(longId),
    type: shortId,
    content: z.optional(jsonObject),
    ext: z.optional(jsonObject),
    replyTo: z.optional(seq),
    silent: z.optional(z.literal(true)),
    mentions: z.optional(z.array(longId)),
    via: z.optional(z.literal('server')),
    clientTime: z.optional(time),
    serverTime: time,
    asOf: z.optional(seq),
    recalled: z.optional(z.literal(true)),
    editedAt: z.optional(time),
    reactions: z.optional(z.record(reaction, z.int().check(z.minimum(1)))),
    withheld: z.optional(z.literal(true)),
  })
  .check(
    z.superRefine((message, ctx) => {
      const isGone = message.recalled === true || message.withheld === true
      if ((message.content === undefined) !== isGone)
        ctx.addIssue({ code: 'custom', path: ['content'], message: 'is there unless recalled or withheld' })
      if (!isControlType(message.type) || message.content === undefined) return
      if (!isKnown(message.type)) {
        ctx.addIssue({ code: 'custom', path: ['type'], message: 'is no control type' })
        return
      }
      for (const issue of controlSchemas[message.type].safeParse(message.content).error?.issues ?? [])
        ctx.addIssue({ code: 'custom', path: ['content', ...issue.path], message: issue.message })
    }),
  )

/** The rest of a message whose content retention removed. */
export const expiredSchema = z.strictObject({ conversationId: longId, seq, expired: z.literal(true) })

export const conversationSchema = z.strictObject({
  conversationId: longId,
  kind,
  peerId: z.optional(longId),
  subject: z.optional(shortId),
  groupId: z.optional(longId),
  name: z.optional(text),
  avatar: z.optional(text),
  ext: z.optional(jsonObject),
  lastMessage: z.optional(messageSchema),
  seq: position,
  readSeq: position,
  unread: position,
  mentioned: position,
  peerReadSeq: z.optional(position),
  peerDeliveredSeq: z.optional(position),
  pinned: z.boolean(),
  muted: z.boolean(),
  hidden: z.boolean(),
  updatedAt: time,
})

export const groupSchema = z.strictObject({
  groupId: longId,
  conversationId: longId,
  name,
  avatar: z.optional(text),
  announcement: z.optional(text),
  ext: z.optional(jsonObject),
  ownerId: longId,
  role: z.optional(role),
  memberCount: position,
  version: position,
  mutedUntil: z.optional(time),
  createdAt: time,
})

export const memberSchema = z.strictObject({
  userId: longId,
  role,
  joinedAt: time,
  mutedUntil: z.optional(time),
})

export const userPresenceSchema = z.strictObject({
  userId: longId,
  online: z.boolean(),
  devices: z.array(shortId),
  lastSeen: z.optional(time),
})
