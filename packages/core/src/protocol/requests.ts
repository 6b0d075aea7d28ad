// Every request of PROTOCOL that this server knows, checked once, where it comes in. Inside, the types are trusted.
import { z } from 'zod'
import { isJsonObject, jsonFault } from './json.js'

const printable = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[!-~]+$/, 'must be printable ASCII without the space')
const longId = printable(128)
const shortId = printable(64)
const position = z.int().min(0)
const seq = z.int().min(1)
const limit = z.int().min(1)

// Objects and values of clients and hosts: only that they are clean JSON is checked here.
const clean = (value: unknown, ctx: z.RefinementCtx): void => {
  const fault = jsonFault(value)
  if (fault !== null) ctx.addIssue({ code: 'custom', path: [...fault.path], message: fault.reason })
}
const jsonObject = z.custom<Record<string, unknown>>(isJsonObject, 'must be a JSON object').superRefine(clean)
const jsonValue = z.unknown().superRefine((value, ctx) => {
  if (value === undefined) ctx.addIssue({ code: 'custom', message: 'is missing' })
  else clean(value, ctx)
})

const positions = z.record(longId, position)

// Text that people read. How long it may be is an option, and so is checked further in.
const text = z.string().superRefine(clean)
const name = text.refine((value) => value.trim() !== '', 'must not be blank')
/** Far above `limits.list`, which is checked further in. */
const idsMax = 10_000
const userIds = z.array(longId).min(1).max(idsMax)
const key = { clientMsgId: shortId.optional() }
/** Of a group; an empty avatar or announcement is none. */
const profile = { avatar: text.optional(), announcement: text.optional(), ext: jsonObject.optional() }
const role = z.enum(['owner', 'admin', 'member'])
const until = z.int().min(0)

/** The `auth` object of a handshake. */
export const handshakeSchema = z.strictObject({
  token: z.string().max(16_384),
  deviceId: shortId,
  deviceType: shortId,
  instance: shortId.optional(),
  since: position.optional(),
  sinceAt: z.int().optional(),
  epoch: shortId.optional(),
  timelines: positions.optional(),
  protocol: z.int().optional(),
})
export type HandshakeAuth = z.infer<typeof handshakeSchema>

const send = {
  clientMsgId: shortId,
  to: longId,
  type: shortId.refine((type) => !type.startsWith('im.'), 'types that begin with im. are written by the server alone'),
  content: jsonObject,
  ext: jsonObject.optional(),
  replyTo: seq.optional(),
  silent: z.boolean().optional(),
  clientTime: z.int().min(0).optional(),
}

/** Which message is to be changed. */
const change = { conversationId: longId, seq, clientMsgId: shortId.optional() }
// Emoji are sequences with joiners and tags, which are no control characters.
const reaction = z
  .string()
  .min(1)
  .max(64)
  .regex(/^\P{Cc}*$/u, 'must be text without control characters')
  .superRefine(clean)

/** The schema of each request by its event. */
export const requestSchemas = {
  c2c: z.strictObject({ ...send, subject: shortId.or(z.literal('')).optional() }),
  c2g: z.strictObject({ ...send, mentions: z.array(longId).max(idsMax).optional() }),
  c2s: z.strictObject({ topic: shortId, payload: jsonValue, clientMsgId: shortId.optional() }),
  ack: z.strictObject({ seq: position, timelines: positions.optional() }),
  pull: z.strictObject({
    since: position,
    sinceAt: z.int().optional(),
    timelines: positions.optional(),
    limit: limit.optional(),
  }),
  follows: z.strictObject({ cursor: z.string().max(512).optional(), limit: limit.optional() }),
  history: z.strictObject({
    conversationId: longId,
    before: position.optional(),
    after: position.optional(),
    limit: limit.optional(),
  }),
  conversations: z.strictObject({ cursor: z.string().max(512).optional(), limit: limit.optional() }),
  'conversation.get': z.union([
    z.strictObject({ conversationId: longId }),
    z.strictObject({ peerId: longId, subject: shortId.or(z.literal('')).optional() }),
    z.strictObject({ groupId: longId }),
  ]),
  'conversation.update': z.strictObject({
    conversationId: longId,
    pinned: z.boolean().optional(),
    muted: z.boolean().optional(),
    hidden: z.boolean().optional(),
    clientMsgId: shortId.optional(),
  }),
  read: z.strictObject({ conversationId: longId, seq: position }),
  recall: z.strictObject(change),
  edit: z.strictObject({ ...change, content: jsonObject }),
  react: z.strictObject({ ...change, reaction, remove: z.boolean().optional() }),
  readers: z.strictObject({
    conversationId: longId,
    seq,
    cursor: z.string().max(512).optional(),
    limit: limit.optional(),
  }),
  typing: z.strictObject({ conversationId: longId }),
  presence: z.strictObject({ userIds: z.array(longId).max(idsMax), subscribe: z.boolean().optional() }),
  'group.create': z.strictObject({ name, members: z.array(longId).max(idsMax), ...profile, ...key }),
  'group.get': z.strictObject({ groupId: longId }),
  'group.update': z.strictObject({ groupId: longId, name: name.optional(), ...profile, ...key }),
  'group.dissolve': z.strictObject({ groupId: longId, ...key }),
  'group.members': z.strictObject({ groupId: longId, cursor: z.string().max(512).optional(), limit: limit.optional() }),
  'group.add': z.strictObject({ groupId: longId, userIds, ...key }),
  'group.remove': z.strictObject({ groupId: longId, userIds, ...key }),
  'group.leave': z.strictObject({ groupId: longId, ...key }),
  'group.role': z.strictObject({ groupId: longId, userId: longId, role, ...key }),
  'group.mute': z.strictObject({ groupId: longId, userId: longId.optional(), until, ...key }),
  time: z.strictObject({ t0: z.number() }),
  'auth.refresh': z.strictObject({ token: z.string().max(16_384) }),
  logout: z.strictObject({}),
} as const

const { clientMsgId: _, ...hostSend } = send

/** What the host gives, checked like what a client sends; its keys may be left out. */
export const hostSchemas = {
  c2c: z.strictObject({
    ...hostSend,
    from: longId,
    subject: shortId.or(z.literal('')).optional(),
    clientMsgId: shortId.optional(),
  }),
  c2g: z.strictObject({ ...hostSend, mentions: z.array(longId).max(idsMax).optional(), from: longId, ...key }),
  system: z.strictObject({
    ...hostSend,
    to: z.undefined().optional(),
    conversationId: longId,
    clientMsgId: shortId.optional(),
  }),
  'group.create': z.strictObject({ owner: longId, name, members: z.array(longId).optional(), ...profile }),
  'group.get': requestSchemas['group.get'],
  'group.update': requestSchemas['group.update'],
  'group.members': requestSchemas['group.members'],
  'group.role': requestSchemas['group.role'],
  'group.mute': requestSchemas['group.mute'],
  userIds: z.array(longId),
  key: shortId,
  push: z.strictObject({ userId: longId, topic: shortId, payload: jsonValue }),
  history: requestSchemas.history,
  conversations: requestSchemas.conversations,
  recall: requestSchemas.recall,
  edit: requestSchemas.edit,
} as const

export type RequestEvent = keyof typeof requestSchemas
export type RequestOf<Event extends RequestEvent> = z.infer<(typeof requestSchemas)[Event]>
