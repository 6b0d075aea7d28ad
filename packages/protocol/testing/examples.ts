// Right and wrong values of every request, answer and event.
import type { RequestEvent, ServerEvent } from '../src/index.js'

/** Values that are right, and values of which each has one fault. */
export interface Examples {
  readonly good: readonly unknown[]
  readonly bad: readonly unknown[]
}

const long = 'x'.repeat(129)
const message = {
  msgId: 'm',
  clientMsgId: 'k',
  conversationId: 'c',
  seq: 1,
  from: 'ann',
  type: 'text',
  content: { text: 'hi' },
  serverTime: 5,
}
const { content: _content, ...gone } = message
const control = (type: string, content: unknown) => ({ ...message, type, content })
const entry = (seq: number, kind: string, more: object) => ({ seq, kind, at: 5, ...more })
const told = (seq: number, one: unknown = message) => entry(seq, 'message', { message: one })
const conversation = {
  conversationId: 'c',
  kind: 'c2c',
  seq: 0,
  readSeq: 0,
  unread: 0,
  mentioned: 0,
  pinned: false,
  muted: false,
  hidden: false,
  updatedAt: 5,
}
const group = {
  groupId: 'g',
  conversationId: 'g',
  name: 'boats',
  ownerId: 'ann',
  role: 'owner',
  memberCount: 1,
  version: 1,
  createdAt: 5,
}
const limits = { contentBytes: 1, pull: 1, history: 1, list: 1, groupMembers: 1, inflight: 1 }
const ready = {
  userId: 'ann',
  sessionId: 's',
  nodeId: 'n',
  epoch: 'e',
  reset: false,
  seq: 0,
  serverTime: 5,
  heartbeatMs: 1,
  timelines: [{ conversationId: 'c', seq: 0 }],
  features: ['groups', 'one that comes later'],
  limits,
}

const send = { clientMsgId: 'k', to: 'bob', type: 'text', content: {} }
const place = { conversationId: 'c', seq: 1 }
const ofGroup: Examples = { good: [{ groupId: 'g' }], bad: [{}, { groupId: 'g', more: 1 }, { groupId: 'a b' }] }
const keyedGroup: Examples = { good: [...ofGroup.good, { groupId: 'g', clientMsgId: 'k' }], bad: ofGroup.bad }
const userIds: Examples = {
  good: [{ groupId: 'g', userIds: ['ann'] }],
  bad: [{ groupId: 'g', userIds: [] }, { groupId: 'g', userIds: [long] }, { groupId: 'g' }],
}
const paged: Examples = { good: [{}, { cursor: '', limit: 1 }], bad: [{ limit: 0 }, { cursor: 1 }, { page: 1 }] }

export const requests: Record<RequestEvent, Examples> = {
  c2c: {
    good: [send, { ...send, subject: '', ext: { a: [1] }, replyTo: 1, silent: true, clientTime: 0 }],
    bad: [
      { ...send, type: 'im.recall' },
      { ...send, content: [] },
      { ...send, content: { a: 2 ** 53 } },
      { ...send, content: { a: '\0' } },
      { ...send, to: long },
      { ...send, clientMsgId: 'x'.repeat(65) },
      { ...send, replyTo: 0 },
      { ...send, mentions: [] },
      { ...send, more: 1 },
    ],
  },
  c2g: {
    good: [{ ...send, mentions: ['@all'] }],
    bad: [
      { ...send, subject: 's' },
      { ...send, mentions: [''] },
    ],
  },
  c2s: {
    good: [
      { topic: 't', payload: null },
      { topic: 't', payload: 1, clientMsgId: 'k' },
    ],
    bad: [{ topic: 't' }, { payload: 1 }],
  },
  ack: {
    good: [{ seq: 0 }, { seq: 1, timelines: { c: 0 } }],
    bad: [{}, { seq: -1 }, { seq: 1, timelines: { c: 0.5 } }],
  },
  pull: {
    good: [{ since: 0 }, { since: 1, sinceAt: 5, timelines: {}, limit: 1 }],
    bad: [{}, { since: '0' }, { since: 0, limit: 0 }],
  },
  follows: paged,
  history: {
    good: [{ conversationId: 'c' }, { conversationId: 'c', before: 0, after: 0, limit: 1 }],
    bad: [{}, { conversationId: 'c', before: -1 }],
  },
  conversations: paged,
  'conversation.get': {
    good: [{ conversationId: 'c' }, { peerId: 'bob' }, { peerId: 'bob', subject: 's' }, { groupId: 'g' }],
    bad: [{}, { conversationId: 'c', peerId: 'bob' }, { groupId: 'g', subject: 's' }],
  },
  'conversation.update': {
    good: [{ conversationId: 'c', pinned: true }],
    bad: [{ conversationId: 'c', pinned: 1 }, { pinned: true }],
  },
  read: {
    good: [{ conversationId: 'c', seq: 0 }],
    bad: [{ conversationId: 'c' }, { conversationId: 'c', seq: 1, more: 1 }],
  },
  recall: {
    good: [place, { ...place, clientMsgId: 'k' }],
    bad: [
      { ...place, seq: 0 },
      { ...place, content: {} },
    ],
  },
  edit: { good: [{ ...place, content: {} }], bad: [place, { ...place, content: 'x' }] },
  react: {
    good: [
      { ...place, reaction: '👍🏽' },
      { ...place, reaction: 'ok', remove: true },
    ],
    bad: [place, { ...place, reaction: '' }, { ...place, reaction: '\n' }],
  },
  readers: { good: [place, { ...place, cursor: 'x', limit: 1 }], bad: [{ ...place, seq: 0 }] },
  typing: { good: [{ conversationId: 'c' }], bad: [{}] },
  presence: { good: [{ userIds: [] }, { userIds: ['ann'], subscribe: false }], bad: [{}, { userIds: 'ann' }] },
  'group.create': {
    good: [
      { name: 'boats', members: [] },
      { name: 'b', members: ['ann'], avatar: '', announcement: 'x', ext: {} },
    ],
    bad: [{ name: ' ', members: [] }, { name: 'boats' }, { name: 'boats', members: [], ext: [] }],
  },
  'group.get': ofGroup,
  'group.update': {
    good: [...keyedGroup.good, { groupId: 'g', name: 'x' }],
    bad: [...ofGroup.bad, { groupId: 'g', name: '' }],
  },
  'group.dissolve': keyedGroup,
  'group.members': { good: [{ groupId: 'g', limit: 1 }], bad: [...ofGroup.bad, { groupId: 'g', limit: 0 }] },
  'group.add': userIds,
  'group.remove': userIds,
  'group.leave': keyedGroup,
  'group.role': {
    good: [{ groupId: 'g', userId: 'ann', role: 'admin' }],
    bad: [{ groupId: 'g', userId: 'ann', role: 'boss' }],
  },
  'group.mute': {
    good: [
      { groupId: 'g', until: 0 },
      { groupId: 'g', userId: 'ann', until: 9 },
    ],
    bad: [{ groupId: 'g' }, { groupId: 'g', until: -1 }],
  },
  'push.register': {
    good: [
      { provider: 'fcm', token: 'x', app: 'a', lang: 'zh-Hant' },
      {
        provider: 'webpush',
        token: { endpoint: 'https://push', expirationTime: null, keys: { p256dh: 'p', auth: 'a' } },
      },
    ],
    bad: [
      { provider: 'fcm' },
      { token: 'x' },
      { provider: 'fcm', token: '' },
      { provider: 'fcm', token: 'x y' },
      { provider: 'fcm', token: 'x'.repeat(4097) },
      { provider: 'webpush', token: { endpoint: 'https://push' } },
      { provider: 'fcm', token: 'x', lang: 'de_DE' },
      { provider: 'fcm', token: 'x', deviceId: 'd' },
    ],
  },
  'push.unregister': { good: [{ provider: 'fcm' }, { provider: 'fcm', app: 'a' }], bad: [{}, { provider: '' }] },
  time: { good: [{ t0: 0.5 }], bad: [{}, { t0: '0' }] },
  'auth.refresh': { good: [{ token: 'x' }], bad: [{}, { token: 'x'.repeat(16_385) }] },
  logout: { good: [{}], bad: [{ more: 1 }, null] },
}

const sent: Examples = {
  good: [{ msgId: 'm', conversationId: 'c', seq: 1, serverTime: 5, duplicate: false }],
  bad: [{ msgId: 'm', conversationId: 'c', seq: 0, serverTime: 5, duplicate: false }, { msgId: 'm' }],
}
const changed: Examples = { good: [{ seq: 1 }], bad: [{ seq: 0 }, {}, { seq: 1, more: 1 }] }
const nothing: Examples = { good: [{}], bad: [{ more: 1 }, null] }
const groups: Examples = {
  good: [group, { ...group, avatar: 'a', announcement: 'x', ext: {}, mutedUntil: 9 }],
  bad: [
    { ...group, name: '' },
    { ...group, ownerId: null },
    { ...group, role: 'boss' },
    { ...group, members: [] },
  ],
}
const conversations: Examples = {
  good: [conversation, { ...conversation, lastMessage: message, peerId: 'bob', peerReadSeq: 0 }],
  bad: [
    { ...conversation, unread: -1 },
    { ...conversation, kind: 'c2s' },
    { ...conversation, lastMessage: gone },
  ],
}
const page = { entries: [], timelines: [], seq: 0, more: false, truncated: false, reset: false, epoch: 'e', mine: {} }

export const answers: Record<RequestEvent, Examples> = {
  c2c: sent,
  c2g: sent,
  c2s: { good: [null, { any: ['thing'] }], bad: [undefined, { a: NaN }] },
  ack: { good: [{ seq: 0 }], bad: [{}] },
  pull: {
    good: [
      page,
      {
        ...page,
        entries: [told(1), told(2, { conversationId: 'c', seq: 3, expired: true })],
        timelines: [{ conversationId: 'c', messages: [message], seq: 1, more: true, truncated: false }],
        mine: { m: ['👍'] },
      },
    ],
    bad: [
      { ...page, entries: [entry(1, 'other', {})] },
      { ...page, mine: { m: '👍' } },
      { ...page, epoch: undefined },
    ],
  },
  follows: { good: [{ timelines: [{ conversationId: 'c', seq: 0, from: 0 }] }], bad: [{ timelines: [place] }] },
  history: {
    good: [{ messages: [message, { ...gone, recalled: true }, { ...gone, withheld: true }], more: false, mine: {} }],
    bad: [
      { messages: [gone], more: false, mine: {} },
      { messages: [{ ...message, recalled: true }], more: false, mine: {} },
    ],
  },
  conversations: { good: [{ conversations: [conversation], unreadTotal: 0 }], bad: [{ conversations: [] }] },
  'conversation.get': conversations,
  'conversation.update': conversations,
  read: { good: [{ readSeq: 0, unread: 0, atSeq: 0 }], bad: [{ readSeq: 0 }] },
  recall: changed,
  edit: changed,
  react: changed,
  readers: { good: [{ read: 0, total: 1, userIds: [] }], bad: [{ read: 0, total: 1 }] },
  typing: nothing,
  presence: {
    good: [{ users: [{ userId: 'ann', online: false, devices: [], lastSeen: 5 }] }],
    bad: [{ users: [{ userId: 'ann', online: 0, devices: [] }] }, {}],
  },
  'group.create': groups,
  'group.get': groups,
  'group.update': groups,
  'group.dissolve': nothing,
  'group.members': {
    good: [{ members: [{ userId: 'ann', role: 'owner', joinedAt: 5 }] }],
    bad: [{ members: ['ann'] }],
  },
  'group.add': groups,
  'group.remove': groups,
  'group.leave': nothing,
  'group.role': groups,
  'group.mute': groups,
  'push.register': nothing,
  'push.unregister': nothing,
  time: { good: [{ t0: 0.5, serverTime: 5 }], bad: [{ t0: 1, serverTime: 0.5 }] },
  'auth.refresh': { good: [{}, { expiresAt: 5 }], bad: [{ expiresAt: null }] },
  logout: nothing,
}

const changes = { name: 'x', avatar: null, announcement: null, ext: {} }
export const events: Record<ServerEvent, Examples> = {
  ready: {
    good: [ready, { ...ready, expiresAt: 5, timelinesCursor: 'x', push: { webpush: { key: 'k' } } }],
    bad: [
      { ...ready, serverTime: 0.5 },
      { ...ready, limits: { ...limits, pull: 0 } },
      { ...ready, more: 1 },
    ],
  },
  entries: {
    good: [
      { entries: [told(3), told(4), told(5)] },
      {
        entries: [
          entry(1, 'read', { conversationId: 'c', readSeq: 1, unread: 0, atSeq: 1 }),
          entry(2, 'conversation', { conversationId: 'c', pinned: true, muted: false, hidden: false }),
          entry(3, 'follow', { conversationId: 'c', from: 0 }),
          entry(4, 'unfollow', { conversationId: 'c', to: 1 }),
          entry(5, 'custom', { topic: 't', payload: null }),
        ],
      },
    ],
    bad: [
      { entries: [] },
      { entries: [told(3), told(5)] },
      { entries: [told(3), told(3)] },
      { entries: [told(3), told(2)] },
      { entries: [entry(1, 'follow', { conversationId: 'c' })] },
      { entries: [entry(1, 'custom', { topic: 't' })] },
      { entries: [told(1, { ...message, seq: 0 })] },
    ],
  },
  timeline: {
    good: [
      { conversationId: 'c', messages: [message, { ...message, seq: 2 }] },
      ...[
        control('im.recall', { seq: 1 }),
        control('im.edit', { seq: 1, content: {} }),
        control('im.reaction', { seq: 1, reaction: '👍', remove: false }),
        control('im.group', { event: 'updated', by: null, changes }),
      ].map((one) => ({ conversationId: 'c', messages: [one] })),
    ],
    bad: [
      { conversationId: 'c', messages: [] },
      { conversationId: 'c', messages: [message, { ...message, seq: 3 }] },
      ...[
        control('im.recall', {}),
        control('im.recall', { seq: 1, reaction: '👍' }),
        control('im.edit', { seq: 1 }),
        control('im.reaction', { seq: 1, reaction: '👍' }),
        control('im.group', { event: 'renamed', by: null }),
        control('im.group', { event: 'updated' }),
        control('im.other', {}),
        { ...message, via: 'client' },
        { ...message, silent: false },
        { ...message, reactions: { '👍': 0 } },
      ].map((one) => ({ conversationId: 'c', messages: [one] })),
    ],
  },
  sync: { good: [{ seq: 0 }], bad: [{}, { seq: null }] },
  s2c: { good: [{ id: 'i', topic: 't', payload: null }], bad: [{ id: 'i', topic: 't' }] },
  receipt: {
    good: [{ conversationId: 'c', userId: 'bob', readSeq: 1 }],
    bad: [{ conversationId: 'c', userId: 'bob', readSeq: 0 }],
  },
  typing: { good: [{ conversationId: 'c', userId: 'bob' }], bad: [{ conversationId: 'c' }] },
  presence: { good: [{ userId: 'bob', online: true, devices: ['pc'] }], bad: [{ userId: 'bob', online: true }] },
  kick: {
    good: [{ reason: 'admin' }, { reason: 'same-device', by: { deviceId: 'd', deviceType: 'pc', at: 5 } }],
    bad: [{ reason: 'bored' }, { reason: 'admin', by: null }],
  },
  reconnect: { good: [{ afterMs: 0 }], bad: [{ afterMs: 0.5 }] },
}
