import type { Message } from '@rookery/protocol'
import { describe, expect, it } from 'vitest'
import type { ConversationRow } from '../ports/rows.js'
import { counted, readLocally, told, uncounted } from './unread.js'

const row = (given: Partial<ConversationRow> = {}): ConversationRow => ({
  ...{ conversationId: 'c1', kind: 'c2c', peerId: 'bob', seq: 0, readSeq: 0, unread: 0, mentioned: 0 },
  ...{ pinned: false, muted: false, hidden: false, updatedAt: 0, atSeq: 0 },
  ...given,
})
const said = (seq: number, given: Partial<Message> = {}): Message => ({
  ...{
    msgId: `m${seq}`,
    clientMsgId: `k${seq}`,
    conversationId: 'c1',
    seq,
    from: 'bob',
    type: 'text',
    serverTime: seq,
  },
  content: {},
  ...given,
})

describe('unread', () => {
  it('counts each message once, and neither silent nor control messages nor one’s own', () => {
    const all = [
      said(1),
      said(1),
      said(2, { silent: true }),
      said(3, { type: 'im.group' }),
      said(4, { via: 'server', from: 'ann' }),
      said(5),
    ]
    expect(all.reduce((one, message) => counted(one, message, 'ann'), row())).toMatchObject({ unread: 2, atSeq: 5 })
  })

  it('one’s own message reads everything before it; what the host sends in one’s name does not', () => {
    const before = row({ unread: 3, mentioned: 1, atSeq: 3 })
    expect(counted(before, said(4, { from: 'ann' }), 'ann')).toMatchObject({ unread: 0, mentioned: 0, readSeq: 4 })
    expect(counted(before, said(4, { from: 'ann', via: 'server' }), 'ann')).toMatchObject({ unread: 3, readSeq: 0 })
  })

  it('an older answer moves neither the read position nor the number', () => {
    const now = row({ readSeq: 5, unread: 2, atSeq: 9 })
    expect(told(now, { readSeq: 3, unread: 9, atSeq: 12 })).toBe(now)
    expect(told(now, { readSeq: 5, unread: 7, atSeq: 8 })).toBe(now)
  })

  it('what the server had not seen when it answered makes the number stale', () => {
    const now = row({ readSeq: 5, unread: 4, atSeq: 9 })
    expect(told(now, { readSeq: 7, unread: 1, atSeq: 8 })).toMatchObject({ readSeq: 7, atSeq: 9, isStale: true })
    expect(told(now, { readSeq: 7, unread: 2, atSeq: 9, mentioned: 1 })).toMatchObject({ unread: 2, mentioned: 1 })
  })

  it('a number that counts messages which have not come yet does not tell their mentions', () => {
    const now = row({ readSeq: 1, unread: 0, atSeq: 1 })
    expect(told(now, { readSeq: 2, unread: 1, atSeq: 3 })).toMatchObject({ unread: 1, mentioned: 0, isStale: true })
    expect(told(now, { readSeq: 3, unread: 0, atSeq: 3 }).isStale).toBeUndefined()
  })

  it('a message that is recalled while unread is not counted any more, once', () => {
    const now = row({ unread: 2, mentioned: 1, atSeq: 2 })
    const target = said(2, { mentions: ['ann'] })
    const after = uncounted(now, target, 2, 3, 'ann')
    expect(after).toMatchObject({ unread: 1, mentioned: 0, atSeq: 3 })
    expect(uncounted(after, target, 2, 3, 'ann')).toBe(after)
    expect(uncounted(now, undefined, 2, 3, 'ann')).toMatchObject({ unread: 2, isStale: true })
    expect(uncounted(row({ readSeq: 2, atSeq: 2 }), undefined, 2, 3, 'ann').isStale).toBeUndefined()
  })

  it('reading on this device takes away what was passed, and says so where that is not known', () => {
    const now = row({ unread: 3, mentioned: 1, atSeq: 3, seq: 3 })
    const passed = [said(1), said(2, { mentions: ['@all'] })]
    expect(readLocally(now, 2, passed, 'ann')).toMatchObject({ unread: 1, mentioned: 0, readSeq: 2, readTo: 2 })
    expect(readLocally(now, 2, null, 'ann')).toMatchObject({ unread: 3, isStale: true })
    expect(readLocally(now, 3, null, 'ann')).toMatchObject({ unread: 0, mentioned: 0 })
    expect(readLocally(row({ readSeq: 5 }), 4, [], 'ann').readSeq).toBe(5)
  })
})
