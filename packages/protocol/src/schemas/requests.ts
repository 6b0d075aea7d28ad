// The requests of clients. They are checked once, where they come in; further inside, the types are trusted.
import { z } from 'zod'
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
const app = shortId.or(z.literal(''))
/** A push token; of a browser its subscription, as `PushSubscription.toJSON` gives it. */
const pushToken = z.union([
  z
    .string()
    .min(1)
    .max(4096)
    .regex(/^[!-~]+$/, 'must be printable ASCII without the space'),
  z.strictObject({
    endpoint: z
      .string()
      .min(1)
      .max(2048)
      .regex(/^[!-~]+$/, 'must be printable ASCII without the space'),
    expirationTime: z.number().nullable().optional(),
    keys: z.strictObject({ p256dh: z.string().regex(base64url), auth: z.string().regex(base64url) }),
  }),
])

const positions = z.record(longId, position)

/** Far above `limits.list`, which is checked later. */
const idsMax = 10_000
const userIds = z.array(longId).min(1).max(idsMax)
const key = { clientMsgId: shortId.optional() }
/** The profile of a group. An empty avatar or announcement means none. */
const profile = { avatar: text.optional(), announcement: text.optional(), ext: jsonObject.optional() }
const paged = { cursor: cursor.optional(), limit: limit.optional() }

/** The `auth` object of a handshake. */
export const handshakeSchema = z.strictObject({
  token,
  deviceId: shortId,
  deviceType: shortId,
  instance: shortId.optional(),
  since: position.optional(),
  sinceAt: z.int().optional(),
  epoch: shortId.optional(),
  timelines: positions.optional(),
  protocol: z.int().optional(),
}) satisfies z.ZodType<HandshakeAuth>

const send = {
  clientMsgId: shortId,
  to: longId,
  type: shortId.refine((type) => !isControlType(type), 'types that begin with im. are written by the server alone'),
  content: jsonObject,
  ext: jsonObject.optional(),
  replyTo: seq.optional(),
  silent: z.boolean().optional(),
  clientTime: time.optional(),
}

/** The message to change. */
const change = { conversationId: longId, seq, ...key }

/** The schema of each request by its event. */
export const requestSchemas = {
  c2c: z.strictObject({ ...send, subject: subject.optional() }),
  c2g: z.strictObject({ ...send, mentions: z.array(longId).max(idsMax).optional() }),
  c2s: z.strictObject({ topic: shortId, payload: jsonValue, ...key }),
  ack: z.strictObject({ seq: position, timelines: positions.optional() }),
  pull: z.strictObject({
    since: position,
    sinceAt: z.int().optional(),
    timelines: positions.optional(),
    limit: limit.optional(),
  }),
  follows: z.strictObject(paged),
  history: z.strictObject({
    conversationId: longId,
    before: position.optional(),
    after: position.optional(),
    limit: limit.optional(),
  }),
  conversations: z.strictObject(paged),
  'conversation.get': z.union([
    z.strictObject({ conversationId: longId }),
    z.strictObject({ peerId: longId, subject: subject.optional() }),
    z.strictObject({ groupId: longId }),
  ]),
  'conversation.update': z.strictObject({
    conversationId: longId,
    pinned: z.boolean().optional(),
    muted: z.boolean().optional(),
    hidden: z.boolean().optional(),
    ...key,
  }),
  read: z.strictObject({ conversationId: longId, seq: position }),
  recall: z.strictObject(change),
  edit: z.strictObject({ ...change, content: jsonObject }),
  react: z.strictObject({ ...change, reaction, remove: z.boolean().optional() }),
  readers: z.strictObject({ conversationId: longId, seq, ...paged }),
  typing: z.strictObject({ conversationId: longId }),
  presence: z.strictObject({ userIds: z.array(longId).max(idsMax), subscribe: z.boolean().optional() }),
  'group.create': z.strictObject({ name, members: z.array(longId).max(idsMax), ...profile, ...key }),
  'group.get': z.strictObject({ groupId: longId }),
  'group.update': z.strictObject({ groupId: longId, name: name.optional(), ...profile, ...key }),
  'group.dissolve': z.strictObject({ groupId: longId, ...key }),
  'group.members': z.strictObject({ groupId: longId, ...paged }),
  'group.add': z.strictObject({ groupId: longId, userIds, ...key }),
  'group.remove': z.strictObject({ groupId: longId, userIds, ...key }),
  'group.leave': z.strictObject({ groupId: longId, ...key }),
  'group.role': z.strictObject({ groupId: longId, userId: longId, role, ...key }),
  'group.mute': z.strictObject({ groupId: longId, userId: longId.optional(), until: time, ...key }),
  'push.register': z.strictObject({
    provider: shortId,
    token: pushToken,
    app: app.optional(),
    lang: z
      .string()
      .max(35)
      .regex(/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/, 'must be a language tag')
      .optional(),
  }),
  'push.unregister': z.strictObject({ provider: shortId, app: app.optional() }),
  time: z.strictObject({ t0: z.number() }),
  'auth.refresh': z.strictObject({ token }),
  logout: z.strictObject({}),
} as const satisfies { readonly [Event in RequestEvent]: z.ZodType<RequestOf<Event>> }
