// The websocket framing of RFC 6455, as far as a client needs it: text out, whole messages in. No extensions.

const CONTINUATION = 0x0
const TEXT = 0x1
const CLOSE = 0x8
const PING = 0x9
const PONG = 0xa
const FIN = 0x80
const MASKED = 0x80

/** The server broke the framing, or used a part of it that this client does not support. */
export class FramingError extends Error {
  override readonly name = 'FramingError'
}

const frame = (opcode: number, payloadBytes: number): { readonly bytes: Buffer; readonly at: number } => {
  const lengthBytes = payloadBytes < 126 ? 0 : payloadBytes < 65_536 ? 2 : 8
  const at = 2 + lengthBytes + 4
  const bytes = Buffer.allocUnsafe(at + payloadBytes)
  bytes[0] = FIN | opcode
  if (lengthBytes === 0) bytes[1] = MASKED | payloadBytes
  else if (lengthBytes === 2) {
    bytes[1] = MASKED | 126
    bytes.writeUInt16BE(payloadBytes, 2)
  } else {
    bytes[1] = MASKED | 127
    bytes.writeBigUInt64BE(BigInt(payloadBytes), 2)
  }
  // A mask of zeros is legal and leaves the payload unchanged. Masks protect proxies from hostile pages, and there are
  // neither here.
  bytes.fill(0, at - 4, at)
  return { bytes, at }
}

/** One final, masked text frame. */
export function textFrame(text: string): Buffer {
  const { bytes, at } = frame(TEXT, Buffer.byteLength(text))
  bytes.write(text, at)
  return bytes
}

/** A pong with the ping's payload. */
export function pongFrame(payload: Buffer): Buffer {
  const { bytes, at } = frame(PONG, payload.length)
  payload.copy(bytes, at)
  return bytes
}

/** A close frame. @param code a websocket close code; 1000 is an ordinary end */
export function closeFrame(code: number): Buffer {
  const { bytes, at } = frame(CLOSE, 2)
  bytes.writeUInt16BE(code, at)
  return bytes
}

/**
 * The receiver of a reader's messages. The buffers are views of the pushed chunks: valid while nobody changes those.
 */
interface FrameSink {
  /** Gets a whole text message, however many frames and chunks it came in. */
  text(payload: Buffer): void
  ping(payload: Buffer): void
  /** @param code null if the server gave none */
  close(code: number | null): void
}

/** Splits a byte stream from a server into messages. Chunks may end anywhere. */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #messageBytesMax: number
  #held: Buffer[] = []
  #heldBytes = 0
  /** Fewer bytes than this cannot complete the frame that has begun. */
  #wantedBytes = 0
  /** The frames so far of a message in several frames; null between messages. */
  #parts: Buffer[] | null = null
  #partsBytes = 0

  constructor(sink: FrameSink, messageBytesMax = 64 * 1024 * 1024) {
    this.#sink = sink
    this.#messageBytesMax = messageBytesMax
  }

  /** @throws FramingError, after which the connection is useless */
  push(chunk: Buffer): void {
    let bytes = chunk
    if (this.#heldBytes > 0) {
      this.#held.push(chunk)
      this.#heldBytes += chunk.length
      if (this.#heldBytes < this.#wantedBytes) return
      bytes = Buffer.concat(this.#held, this.#heldBytes)
      this.#held = []
      this.#heldBytes = 0
    }
    const end = bytes.length
    let at = 0
    while (at < end) {
      const left = end - at
      if (left < 2) return this.#hold(bytes, at, 2)
      const first = bytes[at]!
      let payloadBytes = bytes[at + 1]!
      if (payloadBytes & MASKED) throw new FramingError('a frame from the server is masked')
      if (first & 0x70) throw new FramingError('a frame uses an extension that was not agreed on')
      let headerBytes = 2
      if (payloadBytes === 126) {
        headerBytes = 4
        if (left < headerBytes) return this.#hold(bytes, at, headerBytes)
        payloadBytes = bytes.readUInt16BE(at + 2)
      } else if (payloadBytes === 127) {
        headerBytes = 10
        if (left < headerBytes) return this.#hold(bytes, at, headerBytes)
        payloadBytes = Number(bytes.readBigUInt64BE(at + 2))
      }
      if (payloadBytes > this.#messageBytesMax) throw new FramingError(`a frame of ${payloadBytes} bytes`)
      if (left < headerBytes + payloadBytes) return this.#hold(bytes, at, headerBytes + payloadBytes)
      const from = at + headerBytes
      at = from + payloadBytes
      this.#frame(first, bytes.subarray(from, at))
    }
  }

  #hold(bytes: Buffer, at: number, wantedBytes: number): void {
    this.#held = [bytes.subarray(at)]
    this.#heldBytes = bytes.length - at
    this.#wantedBytes = wantedBytes
  }

  #frame(first: number, payload: Buffer): void {
    if (first === (FIN | TEXT) && this.#parts === null) return this.#sink.text(payload)
    const opcode = first & 0x0f
    const final = (first & FIN) !== 0
    if (opcode >= CLOSE) {
      if (!final || payload.length > 125) throw new FramingError('a control frame is in pieces or too long')
      if (opcode === PING) this.#sink.ping(payload)
      else if (opcode === CLOSE) this.#sink.close(payload.length < 2 ? null : payload.readUInt16BE(0))
      else if (opcode !== PONG) throw new FramingError(`a control frame of type ${opcode}`)
      return
    }
    if (opcode === TEXT && this.#parts === null) this.#parts = []
    else if (opcode !== CONTINUATION || this.#parts === null) {
      throw new FramingError(`a frame of type ${opcode} where it has no place`)
    }
    this.#parts.push(payload)
    this.#partsBytes += payload.length
    if (this.#partsBytes > this.#messageBytesMax) throw new FramingError(`a message of over ${this.#partsBytes} bytes`)
    if (!final) return
    const whole = Buffer.concat(this.#parts, this.#partsBytes)
    this.#parts = null
    this.#partsBytes = 0
    this.#sink.text(whole)
  }
}
