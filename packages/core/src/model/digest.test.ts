import { describe, expect, it } from 'vitest'
import { SeededRandom } from '@rookery/testing'
import { canonicalJson } from './canonical.js'
import { isSendDigest, requestDigest, sendDigest, type Received } from './digest.js'

const of = (json: string): string => canonicalJson(JSON.parse(json))

describe('the canonical text of JSON', () => {
  it('is one for one value, whatever the order of keys, the spaces, and how numbers and characters are written', () => {
    for (const [a, b] of [
      ['{"a":1,"b":2}', '{ "b": 2.0, "a": 1e0 }'],
      ['{"x":{"a":[{"c":1,"d":null}],"b":true}}', '{"x":{"b":true,"a":[{"d":null,"c":1}]}}'],
      ['{"é":"ü","a":""}', '{"a":"","\\u00e9":"\\u00fc"}'],
      ['{"n":0}', '{"n":-0}'],
      ['{"a":2}', '{"a":1,"a":2}'],
      ['{"10":1,"9":2,"a":3}', '{"a":3,"9":2,"10":1}'],
      ['{"__proto__":{"b":1,"a":2},"constructor":1}', '{"constructor":1,"__proto__":{"a":2,"b":1}}'],
      ['{"toJSON":1,"length":2}', '{"length":2,"toJSON":1}'],
    ])
      expect(of(a!)).toBe(of(b!))
  })

  it('is another for another value', () => {
    const texts = [
      ...['{}', '[]', 'null', '""', '0', 'false', '{"a":1}', '{"a":"1"}', '{"a":[1]}', '{"a":[1,2]}', '{"a":[2,1]}'],
      ...['{"a":null}', '{"a":{}}', '{"a":{"b":1}}', '{"a":[{"b":1}]}', '{"b":1}', '{"A":1}', '{"a":1,"b":1}'],
      ...['{"é":1}', '{"e\\u0301":1}', '{"__proto__":{"a":1}}', '{"":{"a":1}}', '{"a,b":1}', '{"a\\":1,\\"b":1}'],
    ]
    expect(new Set(texts.map(of)).size).toBe(texts.length)
  })

  it('reads as the value again, for whatever value, and is the same for each order of its keys', () => {
    const random = new SeededRandom(7)
    const some = (depth: number): unknown => {
      const kind = random.int(depth > 3 ? 4 : 6)
      if (kind === 0) return random.int(1000) / 8
      if (kind === 1) return ['', 'a', '"\\', '🚗', '\u2028'][random.int(5)]
      if (kind < 4) return [null, true, false, -1][random.int(4)]
      const items = Array.from({ length: random.int(5) }, () => some(depth + 1))
      return kind === 4
        ? items
        : Object.fromEntries(items.map((item) => [`${random.int(30)}k`.slice(random.int(2)), item]))
    }
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([key, item]) => [key, turned(item)]),
      )
    }
    for (let n = 0; n < 500; n++) {
      const value = some(0)
      const text = canonicalJson(value)
      expect(JSON.parse(text)).toEqual(value)
      expect(canonicalJson(turned(value))).toBe(text)
    }
  })
})

describe('digests', () => {
  const content = { b: 1, a: { d: 1, c: 2 } }
  const sent: Received = { to: 'bob', subject: '', type: 'text', content: JSON.stringify(content), mentions: null }
  // As the first version stored them.
  const earlier = 'n87OHc0A6LFs9ftpHfJ9byGhoVhFf62rPIZt1K9_2-8'

  it('of a send are those of its values', () => {
    const digest = sendDigest(sent, content)
    const other = { a: { c: 2, d: 1 }, b: 1 }
    expect(sendDigest({ ...sent, content: JSON.stringify(other) }, other)).toBe(digest)
    for (const change of [{ to: 'bo' }, { subject: 's' }, { type: 'b' }, { mentions: ['b'] }])
      expect(sendDigest({ ...sent, ...change }, content)).not.toBe(digest)
    const less = { b: 1 }
    expect(sendDigest({ ...sent, content: JSON.stringify(less) }, less)).not.toBe(digest)
  })

  it('of the first version are compared by its rule: of the text, as its keys came', () => {
    const digest = sendDigest(sent, content)
    expect(isSendDigest(digest, digest, sent)).toBe(true)
    expect(isSendDigest(earlier, digest, sent)).toBe(true)
    expect(isSendDigest(earlier, digest, { ...sent, content: '{"a":{"c":2,"d":1},"b":1}' })).toBe(false)
    expect(isSendDigest(earlier, digest, { ...sent, type: 'other' })).toBe(false)
    expect(isSendDigest('', digest, sent)).toBe(false)
  })

  it('of other requests likewise', () => {
    const edit = { conversationId: 'p', seq: 1, content: { b: 1, a: 2 } }
    const digest = requestDigest('edit', edit)
    const turned = requestDigest('edit', { conversationId: 'p', seq: 1, content: { a: 2, b: 1 } })
    expect(turned.text).toBe(digest.text)
    expect(turned.matches(digest.text)).toBe(true)
    expect(requestDigest('recall', edit).matches(digest.text)).toBe(false)
    const first = 'oYln_OmJQrSeGrlW_oP641kkekPOp-tLYa4tuJChFmA'
    expect([digest.matches(first), turned.matches(first)]).toEqual([true, false])
  })
})
