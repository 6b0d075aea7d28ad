import { describe, expect, it } from 'vitest'
import { closeFrame, FrameReader, FramingError, pongFrame, textFrame } from './websocket-frames.js'

/** A frame as a server sends it: not masked. */
const fromServer = (opcode: number, payload: Buffer, fin = true): Buffer => {
  const head =
    payload.length < 126
      ? Buffer.from([0, payload.length])
      : payload.length < 65_536
        ? Buffer.from([0, 126, payload.length >> 8, payload.length & 0xff])
        : Buffer.concat([Buffer.from([0, 127, 0, 0, 0, 0]), Buffer.alloc(4)])
  if (payload.length >= 65_536) head.writeUInt32BE(payload.length, 6)
  head[0] = (fin ? 0x80 : 0) | opcode
  return Buffer.concat([head, payload])
}

/** What a server decodes of a client's frame. */
const unmasked = (frame: Buffer): { opcode: number; payload: Buffer } => {
  expect(frame[1]! & 0x80).toBe(0x80)
  const short = frame[1]! & 0x7f
  const at = short < 126 ? 2 : short === 126 ? 4 : 10
  const length = short < 126 ? short : short === 126 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2))
  const mask = frame.subarray(at, at + 4)
  const payload = Buffer.from(frame.subarray(at + 4).map((byte, index) => byte ^ mask[index % 4]!))
  expect(payload.length).toBe(length)
  return { opcode: frame[0]! & 0x0f, payload }
}

const collect = () => {
  const heard: string[] = []
  const reader = new FrameReader({
    text: (payload) => heard.push(`text ${payload.toString()}`),
    ping: (payload) => heard.push(`ping ${payload.toString()}`),
    close: (code) => heard.push(`close ${code}`),
  })
  return { heard, reader }
}

const long = 'ü€😀'.repeat(40_000)

describe('frames to a server', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536])('carry a text of %i bytes with its length and a mask', (length) => {
    const frame = unmasked(textFrame('x'.repeat(length)))
    expect(frame.opcode).toBe(1)
    expect(frame.payload.toString()).toBe('x'.repeat(length))
  })

  it('count bytes, not characters', () => {
    expect(unmasked(textFrame(long)).payload.toString()).toBe(long)
  })

  it('answer a ping with its own payload and close with a code', () => {
    expect(unmasked(pongFrame(Buffer.from('beat')))).toEqual({ opcode: 10, payload: Buffer.from('beat') })
    expect(unmasked(closeFrame(1000))).toEqual({ opcode: 8, payload: Buffer.from([3, 232]) })
  })
})

describe('frames from a server', () => {
  const stream = Buffer.concat([
    fromServer(1, Buffer.from('short')),
    fromServer(1, Buffer.from('')),
    fromServer(1, Buffer.from('ä'.repeat(200))),
    fromServer(9, Buffer.from('beat')),
    fromServer(1, Buffer.from('in '), false),
    fromServer(9, Buffer.from('between')),
    fromServer(0, Buffer.from('three '), false),
    fromServer(0, Buffer.from('parts')),
    fromServer(1, Buffer.from(long)),
    fromServer(8, Buffer.from([3, 232])),
  ])
  const expected = [
    'text short',
    'text ',
    `text ${'ä'.repeat(200)}`,
    'ping beat',
    'ping between',
    'text in three parts',
    `text ${long}`,
    'close 1000',
  ]

  it('are read from one chunk', () => {
    const { heard, reader } = collect()
    reader.push(stream)
    expect(heard).toEqual(expected)
  })

  it.each([1, 2, 3, 7, 64, 1000, 65_536])('are read alike from chunks of %i bytes', (size) => {
    const { heard, reader } = collect()
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size))
    expect(heard).toEqual(expected)
  })

  it('are read alike wherever one cut falls in the first hundreds of bytes', () => {
    const few = stream.subarray(0, 480)
    const whole = collect()
    whole.reader.push(few)
    expect(whole.heard).toEqual(expected.slice(0, 6))
    for (let cut = 1; cut < few.length; cut++) {
      const { heard, reader } = collect()
      reader.push(few.subarray(0, cut))
      reader.push(few.subarray(cut))
      expect(heard).toEqual(whole.heard)
    }
  })

  it.each([
    ['masked', textFrame('x')],
    ['compressed', Buffer.from([0xc1, 0])],
    ['a continuation of nothing', fromServer(0, Buffer.from('x'))],
    ['a text inside a text', Buffer.concat([fromServer(1, Buffer.from('x'), false), fromServer(1, Buffer.from('y'))])],
    ['binary', fromServer(2, Buffer.from('x'))],
    ['a ping in pieces', fromServer(9, Buffer.from('x'), false)],
    ['longer than allowed', Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0])],
  ])('are refused when %s', (_what, bytes) => {
    expect(() => collect().reader.push(bytes)).toThrow(FramingError)
  })
})
