import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeDevice, FakePushProvider, TestNode } from '@rookery/testing'

// Values that a decoder could give. Most of them are wrong in every place.
const nested = (depth: number): unknown => {
  let value: unknown = {}
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}
const wrong: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  'minus one': -1,
  'one and a half': 1.5,
  infinity: Infinity,
  '2^53': 2 ** 53,
  'a digit as text': '9',
  'empty text': '',
  'a blank': ' ',
  'long text': 'x'.repeat(100_000),
  NUL: 'a\0b',
  'a lone surrogate': 'a\ud800b',
  'an array': ['v'],
  'an operator': { $ne: null },
  'a function': () => 1,
  binary: Buffer.from('abc'),
  'own __proto__': JSON.parse('{"__proto__":{"isAdmin":true}}'),
  'own toJSON': { toJSON: 'x' },
  'own then': { then: 'x' },
  'own length': { length: 5 },
  'ten thousand keys': Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])),
  'depth 1,001': nested(1001),
  'depth 200,000': nested(200_000),
  undefined: undefined,
}

const valid = (conversationId: string, groupId: string): Readonly<Record<string, Record<string, unknown>>> => ({
  c2c: {
    clientMsgId: 'bad-1',
    to: 'bob',
    type: 'text',
    content: { text: 'x' },
    subject: 's',
    ext: {},
    replyTo: 1,
    silent: true,
    clientTime: 1,
  },
  c2g: {
    clientMsgId: 'bad-4',
    to: groupId,
    type: 'text',
    content: { text: 'x' },
    ext: {},
    replyTo: 1,
    silent: true,
    mentions: ['bob', '@all'],
    clientTime: 1,
  },
  c2s: { topic: 'echo', payload: 1, clientMsgId: 'bad-2' },
  ack: { seq: 1, timelines: {} },
  pull: { since: 0, sinceAt: 1, timelines: {}, limit: 10 },
  history: { conversationId, before: 9, after: 0, limit: 10 },
  conversations: { cursor: 'x', limit: 10 },
  'conversation.get': { conversationId },
  'conversation.update': { conversationId, pinned: true, muted: true, hidden: true, clientMsgId: 'bad-3' },
  read: { conversationId, seq: 1 },
  edit: { conversationId, seq: 1, content: { text: 'x' }, clientMsgId: 'bad-4' },
  react: { conversationId, seq: 1, reaction: 'x', remove: true, clientMsgId: 'bad-5' },
  readers: { conversationId, seq: 1, cursor: 'x', limit: 10 },
  recall: { conversationId, seq: 1, clientMsgId: 'bad-6' },
  typing: { conversationId },
  presence: { userIds: ['bob'], subscribe: true },
  'group.create': { name: 'g', members: ['bob'], avatar: 'a', announcement: 'b', ext: {}, clientMsgId: 'bad-5' },
  'group.get': { groupId },
  'group.update': { groupId, name: 'h', avatar: 'a', announcement: 'b', ext: {}, clientMsgId: 'bad-6' },
  'group.members': { groupId, cursor: 'Ym9i', limit: 10 },
  'group.add': { groupId, userIds: ['cid'], clientMsgId: 'bad-7' },
  'group.remove': { groupId, userIds: ['cid'], clientMsgId: 'bad-8' },
  'group.role': { groupId, userId: 'bob', role: 'member', clientMsgId: 'bad-9' },
  'group.mute': { groupId, userId: 'bob', until: 0, clientMsgId: 'bad-10' },
  'group.leave': { groupId, clientMsgId: 'bad-11' },
  'group.dissolve': { groupId, clientMsgId: 'bad-12' },
  'push.register': { provider: 'fcm', token: 'token', app: 'a', lang: 'de' },
  'push.unregister': { provider: 'fcm', app: 'a' },
  time: { t0: 1 },
  'auth.refresh': { token: 'ann' },
  logout: {},
})

describe('bad input', () => {
  let node: TestNode
  let ann: FakeDevice
  let bob: FakeDevice
  let requests: Readonly<Record<string, Record<string, unknown>>>
  const raw = (event: string, args: unknown[]): Promise<{ ok: boolean; error?: { code: string; message: string } }> =>
    new Promise((resolve) => {
      // Not through the JSON copy of FakeDevice: a decoder may give values that JSON cannot hold.
      const inbound = Reflect.get(ann, 'inbound') as {
        request: (e: string, a: unknown[], r: (json: string) => void) => void
      }
      inbound.request(event, args, (json) => resolve(JSON.parse(json)))
    })
  const works = async (): Promise<void> => {
    const { seq } = await ann.ask('c2c', node.text('bob', 'still here'))
    expect(seq).toBeGreaterThan(0)
  }

  beforeAll(async () => {
    node = await TestNode.start({
      rate: 'off',
      push: { providers: [new FakePushProvider('fcm')] },
      handlers: { before: () => undefined, after: () => undefined, topic: () => async (_, payload) => payload },
    })
    ann = await node.connect('ann')
    bob = await node.connect('bob')
    const { conversationId } = await ann.ask('c2c', node.text('bob', 'first'))
    const { groupId } = await ann.ask('group.create', { name: 'cars', members: ['bob'] })
    requests = valid(conversationId, groupId)
  })
  afterAll(() => node.stop())

  for (const event of Object.keys(valid('', ''))) {
    if (event === 'logout') continue
    it(`of every kind in place of the whole ${event} is BAD_REQUEST`, async () => {
      for (const [name, value] of Object.entries(wrong)) {
        const answer = await raw(event, [value])
        expect([name, answer.error?.code]).toEqual([name, 'BAD_REQUEST'])
      }
      expect((await raw(event, [])).error?.code).toBe('BAD_REQUEST')
      expect((await raw(event, [requests[event], 'extra'])).error?.code).toBe('BAD_REQUEST')
      expect((await raw(event, [{ ...requests[event], unknownKey: 1 }])).error?.code).toBe('BAD_REQUEST')
      await works()
    })

    it(`of every kind in each field of ${event} is a coded error or taken, and harms nobody`, async () => {
      for (const field of Object.keys(requests[event]!)) {
        for (const [name, value] of Object.entries(wrong)) {
          const answer = await raw(event, [{ ...requests[event], [field]: value }])
          if (!answer.ok) {
            expect(`${event}.${field} ${name}: ${answer.error!.code}`).not.toContain('INTERNAL')
            expect(answer.error!.message).not.toMatch(/\/|SELECT|at .*:\d+/)
          }
        }
      }
      await works()
      expect(bob.isClosed).toBe(false)
      expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
    })
  }

  it('refuses what would not come back equal, and says where', async () => {
    for (const [what, content] of [
      ['NUL', { a: [{ b: 'x\0y' }] }],
      ['a lone surrogate', { a: [{ b: '\udfff' }] }],
      ['a lone surrogate in a key', { a: [{ '\udfff': 1 }] }],
      ['an unsafe integer', { a: [{ b: 2 ** 53 }] }],
      ['depth over 32', { a: nested(31) }],
    ] as const) {
      const answer = await raw('c2c', [{ ...node.text('bob', ''), content }])
      expect([what, answer.error?.code]).toEqual([what, 'BAD_REQUEST'])
    }
    const answer = await ann.request('c2c', { ...node.text('bob', ''), content: { a: [{ b: 'x\0y' }] } })
    expect(answer).toMatchObject({
      ok: false,
      error: { details: [{ path: 'content.a.0.b', message: 'contains NUL' }] },
    })
  })

  it('takes content at every limit, and gives it back byte for byte', async () => {
    const contents = [
      { text: '😀🏳️‍🌈 \u202e\u2066rtl\u2069 \u200b e\u0301 é \u2028 \r\n\t "quotes" \\ %_ <b>&amp;</b>' },
      { text: '\u0301'.repeat(30_000) },
      { text: 'x'.repeat(65_536 - '{"text":""}'.length) },
      { a: nested(30) },
      JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":{"b":2}},"toJSON":"x","then":1,"length":-1}'),
      { n: [0, -1, 0.1, 1e-7, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1.7976931348623157e308 / 1e300] },
    ]
    for (const content of contents) {
      const { seq, conversationId } = await ann.ask('c2c', { ...node.text('bob', ''), content })
      const { messages } = await ann.ask('history', { conversationId, after: seq - 1, limit: 1 })
      expect(JSON.stringify(messages[0].content)).toBe(JSON.stringify(content))
      await bob.until(() => bob.entries.at(-1)?.message.seq === seq)
      expect(JSON.stringify(bob.entries.at(-1).message.content)).toBe(JSON.stringify(content))
    }
  })

  it('over the size of content is TOO_LARGE, in bytes, not characters', async () => {
    expect(await ann.code('c2c', { ...node.text('bob', ''), content: { text: 'x'.repeat(65_536) } })).toBe('TOO_LARGE')
    expect(await ann.code('c2c', { ...node.text('bob', ''), content: { text: 'é'.repeat(33_000) } })).toBe('TOO_LARGE')
    expect(await ann.code('c2c', { ...node.text('bob', ''), ext: { text: 'x'.repeat(65_536) } })).toBe('TOO_LARGE')
  })

  it('clamps limits and positions instead of believing them', async () => {
    expect((await ann.ask('pull', { since: 0, limit: 1e9 })).entries.length).toBeLessThanOrEqual(200)
    const { conversationId, seq } = await ann.ask('c2c', node.text('bob', 'x'))
    expect(await ann.ask('read', { conversationId, seq: 1e9 })).toMatchObject({ readSeq: seq })
    expect((await ann.ask('ack', { seq: 1e9 })).seq).toBeLessThan(1e9)
    expect(await ann.ask('history', { conversationId, after: 5, before: 3 })).toMatchObject({
      messages: [],
      more: false,
    })
    expect(await ann.ask('pull', { since: 1e9 })).toMatchObject({ reset: true, seq: 0, more: true })
  })

  it('in the lists and texts of groups is BAD_REQUEST where it is of the wrong form, TOO_LARGE where it is too long', async () => {
    const { groupId } = await ann.ask('group.create', { name: 'boats', members: [] })
    const ids = (count: number) => Array.from({ length: count }, (_, i) => `u${i}`)
    for (const [event, request, code] of [
      ['group.create', { name: ' \t\n', members: [] }, 'BAD_REQUEST'],
      ['group.create', { name: 'a\0b', members: [] }, 'BAD_REQUEST'],
      ['group.create', { name: 'a', members: ['a b'] }, 'BAD_REQUEST'],
      ['group.create', { name: 'a', members: [['bob']] }, 'BAD_REQUEST'],
      ['group.create', { name: 'a', members: ids(100_000) }, 'TOO_LARGE'],
      ['group.create', { name: 'a', members: ids(1000) }, 'TOO_LARGE'],
      ['group.create', { name: 'é'.repeat(129), members: [] }, 'TOO_LARGE'],
      ['group.create', { name: 'a', members: [], announcement: 'é'.repeat(40_000) }, 'TOO_LARGE'],
      ['group.update', { groupId, announcement: '\ud800' }, 'BAD_REQUEST'],
      ['group.update', { groupId, avatar: null }, 'BAD_REQUEST'],
      ['group.update', { groupId, ext: [] }, 'BAD_REQUEST'],
      ['group.add', { groupId, userIds: [] }, 'BAD_REQUEST'],
      ['group.add', { groupId, userIds: ids(100_000) }, 'TOO_LARGE'],
      ['group.add', { groupId, userIds: ids(1000) }, 'TOO_LARGE'],
      ['group.remove', { groupId, userIds: [] }, 'BAD_REQUEST'],
      ['group.remove', { groupId, userIds: ids(1000) }, 'TOO_LARGE'],
      ['group.role', { groupId, userId: 'bob', role: 'king' }, 'BAD_REQUEST'],
      ['group.mute', { groupId }, 'BAD_REQUEST'],
      ['group.mute', { groupId, until: -1 }, 'BAD_REQUEST'],
      ['group.mute', { groupId, until: 2 ** 53 }, 'BAD_REQUEST'],
      ['group.mute', { groupId, until: 1.5 }, 'BAD_REQUEST'],
      ['c2g', { ...node.text(groupId, ''), mentions: ['a b'] }, 'BAD_REQUEST'],
      ['c2g', { ...node.text(groupId, ''), mentions: ids(1000) }, 'TOO_LARGE'],
      ['c2g', { ...node.text(groupId, ''), type: 'im.group' }, 'BAD_REQUEST'],
      ['c2g', { ...node.text(groupId, ''), subject: 's' }, 'BAD_REQUEST'],
    ] as const)
      expect([event, request, (await raw(event, [request])).error?.code]).toEqual([event, request, code])
    const names = ['<b>&amp;</b> "\'%_\\', '😀🏳️‍🌈\u202e', 'é', 'e\u0301']
    for (const name of names) expect((await ann.ask('group.update', { groupId, name })).name).toBe(name)
  })

  it('answers an unknown event UNSUPPORTED, whatever its name', async () => {
    for (const event of ['no.such', 'toString', '__proto__', 'constructor', 'hasOwnProperty', ''])
      expect((await raw(event, [{}])).error?.code).toBe('UNSUPPORTED')
  })

  it('refuses handshakes of every wrong form', async () => {
    const good = { token: 'zoe', deviceId: 'd', deviceType: 'phone' }
    for (const field of [
      'token',
      'deviceId',
      'deviceType',
      'instance',
      'since',
      'sinceAt',
      'epoch',
      'timelines',
      'protocol',
    ])
      for (const [name, value] of Object.entries(wrong)) {
        if (value === undefined && !(field in good)) continue
        if (field === 'token' && typeof value === 'string') continue
        const isTaken = await node.connect('zoe', { ...good, [field]: value }).then(
          (device) => (device.disconnect(), true),
          (error: { code: string }) => error.code,
        )
        const mayBeTaken = [
          'a digit as text',
          'minus one',
          'empty text',
          'own __proto__',
          'ten thousand keys',
          'own length',
        ]
        if (isTaken === true) expect(mayBeTaken).toContain(name)
        else expect(['BAD_REQUEST', 'UNSUPPORTED', 'TOO_LARGE']).toContain(isTaken)
      }
    await expect(node.connect('zoe', { unknownKey: 1 })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(node.connect('zoe', { deviceType: 'toaster' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(node.connect('zoe', { protocol: 2 })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(node.connect('no')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await works()
  })
})
