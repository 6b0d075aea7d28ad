// The requests of clients. They are checked once, where they come in; further inside, the types are trusted.
import { z } from 'zod/mini'
import { isControlType } from '../message.js'
import type { HandshakeAuth } from '../handshake.js'
import type { RequestEvent, RequestOf } from '../requests.js'
import {
  cursor,
  jsonObject,
  jsonValue,
  limit,
  longId,
  name,
  position,
  printable,
  reaction,
  role,
  seq,
  shortId,
  subject,
  text,
  time,
  token,
} from './values.js'

const base64url = /^[A-Za-z0-9_=-]{1,256}$/
const app = z.union([shortId, z.literal('')])
/** A push token; of a browser its subscription, as `PushSubscription.toJSON` gives it. */
const pushToken = z.union([
  printable(4096),
  z.strictObject({
    endpoint: printable(2048),
    expirationTime: z.optional(z.nullable(z.number())),
    keys: z.strictObject({ p256dh: z.string().check(z.regex(base64url)), auth: z.string().check(z.regex(base64url)) }),
  }),
])

const positions = z.record(longId, position)

/** Far above `limits.list`, which is checked later. */
const idsMax = 10_000
const userIds = z.array(longId).check(z.minLength(1), z.maxLength(idsMax))
const key = { clientMsgId: z.optional(shortId) }
/** The profile of a group. An empty avatar or announcement means none. */
const profile = { avatar: z.optional(text), announcement: z.optional(text), ext: z.optional(jsonObject) }
const paged = { cursor: z.optional(cursor), limit: z.optional(limit) }

/** The `auth` object of a handshake. */
export const handshakeSchema = z.strictObject({
  token,
  deviceId: shortId,
  deviceType: shortId,
  instance: z.optional(shortId),
  since: z.optional(position),
  sinceAt: z.optional(z.int()),
  epoch: z.optional(shortId),
  timelines: z.optional(positions),
  protocol: z.optional(z.int()),
}) satisfies z.ZodMiniType<HandshakeAuth>

const send = {
  clientMsgId: shortId,
  to: longId,
  type: shortId.check(
    z.refine((type) => !isControlType(type), 'types that begin with im. are written by the server alone'),
  ),
  content: jsonObject,
  ext: z.optional(jsonObject),
  replyTo: z.optional(seq),
  silent: z.optional(z.boolean()),
  clientTime: z.optional(time),
}

/** The message to change. */
const change = { conversationId: longId, seq, ...key }

/** The schema of each request by its event. */
export const requestSchemas = {
  c2c: z.strictObject({ ...send, subject: z.optional(subject) }),
  c2g: z.strictObject({ ...send, mentions: z.optional(z.array(longId).check(z.maxLength(idsMax))) }),
  c2s: z.strictObject({ topic: shortId, payload: jsonValue, ...key }),
  ack: z.strictObject({ seq: position, timelines: z.optional(positions) }),
  pull: z.strictObject({
    since: position,
    sinceAt: z.optional(z.int()),
    timelines: z.optional(positions),
    limit: z.optional(limit),
  }),
  follows: z.strictObject(paged),
  history: z.strictObject({
    conversationId: longId,
    before: z.optional(position),
    after: z.optional(position),
    limit: z.optional(limit),
  }),
  conversations: z.strictObject(paged),
  'conversation.get': z.union([
    z.strictObject({ conversationId: longId }),
    z.strictObject({ peerId: longId, subject: z.optional(subject) }),
    z.strictObject({ groupId: longId }),
  ]),
  'conversation.update': z.strictObject({
    conversationId: longId,
    pinned: z.optional(z.boolean()),
    muted: z.optional(z.boolean()),
    hidden: z.optional(z.boolean()),
    ...key,
  }),
  read: z.strictObject({ conversationId: longId, seq: position }),
  recall: z.strictObject(change),
  edit: z.strictObject({ ...change, content: jsonObject }),
  react: z.strictObject({ ...change, reaction, remove: z.optional(z.boolean()) }),
  readers: z.strictObject({ conversationId: longId, seq, ...paged }),
  typing: z.strictObject({ conversationId: longId }),
  presence: z.strictObject({ userIds: z.array(longId).check(z.maxLength(idsMax)), subscribe: z.optional(z.boolean()) }),
  'group.create': z.strictObject({ name, members: z.array(longId).check(z.maxLength(idsMax)), ...profile, ...key }),
  'group.get': z.strictObject({ groupId: longId }),
  'group.update': z.strictObject({ groupId: longId, name: z.optional(name), ...profile, ...key }),
  'group.dissolve': z.strictObject({ groupId: longId, ...key }),
  'group.members': z.strictObject({ groupId: longId, ...paged }),
  'group.add': z.strictObject({ groupId: longId, userIds, ...key }),
  'group.remove': z.strictObject({ groupId: longId, userIds, ...key }),
  'group.leave': z.strictObject({ groupId: longId, ...key }),
  'group.role': z.strictObject({ groupId: longId, userId: longId, role, ...key }),
  'group.mute': z.strictObject({ groupId: longId, userId: z.optional(longId), until: time, ...key }),
  'push.register': z.strictObject({
    provider: shortId,
    token: pushToken,
    app: z.optional(app),
    lang: z.optional(
      z.string().check(z.maxLength(35), z.regex(/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/, 'must be a language tag')),
    ),
  }),
  'push.unregister': z.strictObject({ provider: shortId, app: z.optional(app) }),
  time: z.strictObject({ t0: z.number() }),
  'auth.refresh': z.strictObject({ token }),
  logout: z.strictObject({}),
} as const satisfies { readonly [Event in RequestEvent]: z.ZodMiniType<RequestOf<Event>> }
