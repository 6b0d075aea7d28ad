import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeParcel, encodeFrames, encodeParcel } from './parcel.js'

const through = (frames: readonly unknown[]): readonly unknown[] =>
  decodeParcel(encodeParcel(['node', 'a', 'b', 1], [encodeFrames(frames)])).frames

describe('a parcel', () => {
  it('brings every JSON value through as it was, lists of texts above all', () => {
    const texts = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constantFrom('', '\n', 'a\r', '\ud800')),
    )
    const frame = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'tails')), fc.oneof(texts, fc.jsonValue())),
    )
    fc.assert(
      fc.property(fc.array(frame), (frames) => {
        const sent = JSON.parse(JSON.stringify(frames)) as unknown[]
        expect(through(sent)).toEqual(sent)
      }),
      { seed: 12, numRuns: 500 },
    )
  })

  it('writes texts that are JSON already as they are', () => {
    const tails = ['{"a":"b"}', '{"c":"d"}']
    const text = encodeParcel(['node', 'a', 'b', 1], [encodeFrames([{ t: 'entries', tails }])])
    for (const tail of tails) expect(text).toContain(`\n${tail}`)
  })

  it('has no frames where it is empty', () => {
    const empty = decodeParcel(encodeParcel(['all', 'a', 'b', 7], []))
    expect(empty).toEqual({ head: ['all', 'a', 'b', 7], frames: [] })
  })

  it.each(['', 'x', '["node"', '[]\n[["a",2]]\n{}\nx'])('that is none of ours is refused: %j', (text) => {
    expect(() => decodeParcel(text)).toThrow(SyntaxError)
  })
})
