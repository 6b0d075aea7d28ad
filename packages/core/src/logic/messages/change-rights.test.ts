import { describe, expect, it } from 'vitest'
import type { Role } from '@rookery/protocol'
import type { StoredMessage } from '../../model/message.js'
import { changeRefusal, type Changer } from './change-rights.js'

const now = 1_000_000
const timing = { recallMs: 1000, editMs: 500 }

const message = (given: Partial<StoredMessage> = {}): StoredMessage => ({
  msgId: 'm',
  clientMsgId: 'c',
  conversationId: 'x',
  kind: 'c2g',
  from: 'ann',
  to: null,
  subject: '',
  type: 'text',
  content: '{}',
  ext: null,
  replyTo: null,
  silent: false,
  mentions: null,
  viaServer: false,
  countable: true,
  clientTime: null,
  serverTime: now,
  seq: 1,
  ordinal: 1,
  recalled: false,
  editedAt: null,
  asOf: null,
  reactions: null,
  withheld: false,
  ...given,
})

const host: Changer = { userId: null, standing: null }
const alone = (userId: string): Changer => ({ userId, standing: null })
const member = (userId: string, role: Role, own = 0, all = 0): Changer => ({
  userId,
  standing: {
    group: { groupId: 'x', version: 1, fanOut: 'write', mutedUntil: all, memberCount: 2, userIds: ['ann', 'bob'] },
    membership: { userId, role, joinedAt: 0, mutedUntil: own, from: 0, to: null },
  },
})

const recall = { kind: 'recall' } as const
const edit = { kind: 'edit' } as const
const react = { kind: 'reaction' } as const
const unreact = { kind: 'reaction', remove: true } as const
type Wanted = Parameters<typeof changeRefusal>[0]
const code = (wanted: Wanted, by: Changer, target = message(), at = now): string =>
  changeRefusal(wanted, by, target, at, timing)?.code ?? 'ok'
/** The answers to recall, edit, react and unreact. */
const all = (by: Changer, target = message(), at = now): string[] =>
  [recall, edit, react, unreact].map((wanted) => code(wanted, by, target, at))

describe('who may change a message', () => {
  it('R1: a recalled message is gone for everybody, and a second recall by a user who may see it changes nothing', () => {
    for (const by of [host, alone('ann'), alone('bob'), member('bob', 'owner')])
      expect(all(by, message({ recalled: true, content: null, serverTime: 0 }))).toEqual([
        'ok',
        'NOT_FOUND',
        'NOT_FOUND',
        'NOT_FOUND',
      ])
  })

  it("R2: the server's own messages are no messages to change, for the host neither", () => {
    for (const by of [host, alone('ann'), member('ann', 'owner')])
      expect(new Set(all(by, message({ type: 'im.group' })))).toEqual(new Set(['NOT_FOUND']))
  })

  it('R3: the host changes what anybody said, however old', () => {
    expect(all(host, message({ serverTime: 0 }))).toEqual(['ok', 'ok', 'ok', 'ok'])
    expect(all(host, message({ from: null }))).toEqual(['ok', 'ok', 'ok', 'ok'])
  })

  it("R4: an edit is its sender's, up to the last millisecond of its time", () => {
    for (const by of [alone('bob'), member('bob', 'admin'), member('bob', 'owner')])
      expect(code(edit, by)).toBe('FORBIDDEN')
    expect(code(edit, alone('ann'), message({ from: null }))).toBe('FORBIDDEN')
    expect([500, 501].map((age) => code(edit, alone('ann'), message(), now + age))).toEqual(['ok', 'FORBIDDEN'])
    expect(changeRefusal(edit, alone('ann'), message(), now * 9, { ...timing, editMs: 'off' })).toBeNull()
  })

  it("R5: a recall is its sender's for its time, and for ever of those who lead the group", () => {
    expect([1000, 1001].map((age) => code(recall, alone('ann'), message(), now + age))).toEqual(['ok', 'FORBIDDEN'])
    expect(changeRefusal(recall, alone('ann'), message(), now * 9, { ...timing, recallMs: 'off' })).toBeNull()
    expect(code(recall, alone('bob'))).toBe('FORBIDDEN')
    expect(code(recall, member('bob', 'member'))).toBe('FORBIDDEN')
    for (const role of ['admin', 'owner'] as const) {
      expect(code(recall, member('bob', role), message(), now * 9)).toBe('ok')
      // Nobody changes a message of the system.
      expect(code(recall, member('bob', role), message({ from: null }))).toBe('FORBIDDEN')
    }
  })

  it('R6: who may not speak only takes back', () => {
    const silenced = ['ok', 'FORBIDDEN', 'FORBIDDEN', 'ok']
    expect(all(member('ann', 'member', now + 1))).toEqual(silenced)
    expect(all(member('ann', 'member', now))).toEqual(['ok', 'ok', 'ok', 'ok'])
    expect(all(member('ann', 'member', 0, now + 1))).toEqual(silenced)
    for (const role of ['admin', 'owner'] as const) {
      expect(all(member('ann', role, 0, now + 1))).toEqual(['ok', 'ok', 'ok', 'ok'])
      expect(all(member('ann', role, now + 1))).toEqual(silenced)
    }
  })
})
