import { eventFault } from '@rookery/protocol/schemas'
import type { ServerEvent } from '@rookery/protocol'
import { describe, expect, it } from 'vitest'
import {
  entriesJson,
  type EventJson,
  kickJson,
  presenceJson,
  receiptJson,
  reconnectJson,
  s2cJson,
  syncJson,
  timelineJsonOf,
  typingJson,
} from './events.js'

const awkward = 'a"b\\c'
const conversationId = `c${awkward}`

/** A payload's text as a client reads it. */
function read<Event extends ServerEvent>(event: Event, json: EventJson<NoInfer<Event>>): unknown {
  const payload: unknown = JSON.parse(json)
  expect(eventFault(event, payload)).toBeNull()
  return payload
}

describe('the text of an event is what the protocol says, whatever characters its ids have', () => {
  const entry = (seq: number): string => `{"seq":${seq},"kind":"follow","at":5,"conversationId":"c","from":2}`
  const message = (seq: number): string =>
    `{"msgId":"m${seq}","clientMsgId":"k","conversationId":"c","seq":${seq},"from":"ann","type":"t","content":{},"serverTime":1}`

  it('of spliced ones', () => {
    expect(read('sync', syncJson(7))).toEqual({ seq: 7 })
    expect(read('s2c', s2cJson('1', awkward, '{"a":[1]}'))).toEqual({ id: '1', topic: awkward, payload: { a: [1] } })
    expect(read('entries', entriesJson([entry(3), entry(4)]))).toMatchObject({ entries: [{ seq: 3 }, { seq: 4 }] })
    const timelineJson = timelineJsonOf(conversationId)
    for (const seqs of [[1], [2, 3]])
      expect(read('timeline', timelineJson(seqs.map(message)))).toMatchObject({
        conversationId,
        messages: seqs.map((seq) => ({ seq })),
      })
  })

  it('of the others', () => {
    const receipt = { conversationId, userId: awkward, readSeq: 2 }
    expect(read('receipt', receiptJson(receipt))).toEqual(receipt)
    expect(read('typing', typingJson({ conversationId, userId: awkward }))).toEqual({ conversationId, userId: awkward })
    const presence = { userId: awkward, online: true, devices: ['phone'] }
    expect(read('presence', presenceJson(presence))).toEqual(presence)
    const kick = { reason: 'same-device', by: { deviceId: 'd', deviceType: 'pc', at: 1 } } as const
    expect(read('kick', kickJson(kick))).toEqual(kick)
    expect(read('reconnect', reconnectJson({ afterMs: 0 }))).toEqual({ afterMs: 0 })
  })
})
