// Messages, conversations and groups as the server sends them. The schemas are strict, so that a check finds a server
// that sends more than the protocol has. Clients ignore fields that they do not know.
import { z } from 'zod'
import { isControlType, type ControlType } from '../message.js'
import { groupEvents } from '../group.js'
import { jsonObject, longId, name, position, reaction, role, seq, shortId, text, time } from './values.js'

const kind = z.enum(['c2c', 'c2g'])

const profile = {
  name: name.optional(),
  avatar: text.nullable().optional(),
  announcement: text.nullable().optional(),
  ext: jsonObject.nullable().optional(),
}

/** The content of each control message. */
export const controlSchemas = {
  'im.recall': z.strictObject({ seq }),
  'im.edit': z.strictObject({ seq, content: jsonObject }),
  'im.reaction': z.strictObject({ seq, reaction, remove: z.boolean() }),
  'im.group': z.strictObject({
    event: z.enum(groupEvents),
    by: longId.nullable(),
    userIds: z.array(longId).optional(),
    role: role.optional(),
    until: time.optional(),
    changes: z.strictObject(profile).optional(),
  }),
} as const satisfies Record<ControlType, z.ZodType>

const isKnown = (type: string): type is ControlType => Object.hasOwn(controlSchemas, type)

export const messageSchema = z
  .strictObject({
    msgId: longId,
    clientMsgId: z.string().min(1).max(128),
    conversationId: longId,
    seq,
    from: longId.nullable(),
    to: longId.optional(),
    subject: shortId.optional(),
    groupId: longId.optional(),
    type: shortId,
    content: jsonObject.optional(),
    ext: jsonObject.optional(),
    replyTo: seq.optional(),
    silent: z.literal(true).optional(),
    mentions: z.array(longId).optional(),
    via: z.literal('server').optional(),
    clientTime: time.optional(),
    serverTime: time,
    asOf: seq.optional(),
    recalled: z.literal(true).optional(),
    editedAt: time.optional(),
    reactions: z.record(reaction, z.int().min(1)).optional(),
    withheld: z.literal(true).optional(),
  })
  .superRefine((message, ctx) => {
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
  })

/** The rest of a message whose content retention removed. */
export const expiredSchema = z.strictObject({ conversationId: longId, seq, expired: z.literal(true) })

export const conversationSchema = z.strictObject({
  conversationId: longId,
  kind,
  peerId: longId.optional(),
  subject: shortId.optional(),
  groupId: longId.optional(),
  name: text.optional(),
  avatar: text.optional(),
  ext: jsonObject.optional(),
  lastMessage: messageSchema.optional(),
  seq: position,
  readSeq: position,
  unread: position,
  mentioned: position,
  peerReadSeq: position.optional(),
  peerDeliveredSeq: position.optional(),
  pinned: z.boolean(),
  muted: z.boolean(),
  hidden: z.boolean(),
  updatedAt: time,
})

export const groupSchema = z.strictObject({
  groupId: longId,
  conversationId: longId,
  name,
  avatar: text.optional(),
  announcement: text.optional(),
  ext: jsonObject.optional(),
  ownerId: longId,
  role: role.optional(),
  memberCount: position,
  version: position,
  mutedUntil: time.optional(),
  createdAt: time,
})

export const memberSchema = z.strictObject({
  userId: longId,
  role,
  joinedAt: time,
  mutedUntil: time.optional(),
})

export const userPresenceSchema = z.strictObject({
  userId: longId,
  online: z.boolean(),
  devices: z.array(shortId),
  lastSeen: time.optional(),
})
