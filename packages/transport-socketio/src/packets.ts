// The bytes of one frame on the wire: a websocket text frame around an engine.io message around a socket.io packet.
// Encoded once for each frame, for all its receivers.
import type { Frame, JsonText } from '@rookery/core'

const textFrame = 0x81
const headerBytes = (payload: number): number => (payload < 126 ? 2 : payload < 65_536 ? 4 : 10)

/** An unmasked, unfragmented websocket text frame. */
const webSocketFrame = (text: string): Buffer => {
  const payload = Buffer.byteLength(text)
  const header = headerBytes(payload)
  const bytes = Buffer.allocUnsafe(header + payload)
  bytes[0] = textFrame
  if (header === 2) bytes[1] = payload
  else if (header === 4) {
    bytes[1] = 126
    bytes.writeUInt16BE(payload, 2)
  } else {
    bytes[1] = 127
    bytes.writeBigUInt64BE(BigInt(payload), 2)
  }
  bytes.write(text, header)
  return bytes
}

/** The socket.io packet in a frame that `webSocketFrame` made, without the engine.io type in front. */
export const packetText = (bytes: Buffer): string => {
  const length = bytes[1] ?? 0
  return bytes.toString('utf8', (length < 126 ? 2 : length === 126 ? 4 : 10) + 1)
}

/** The value of `Frame.encoded`; the namespace is part of the bytes. */
class EncodedFrame {
  constructor(
    readonly namespace: string,
    readonly bytes: Buffer,
  ) {}
}

/** The packets of one namespace. */
export class Packets {
  readonly #event: string
  readonly #ack: string
  /** Tells the client that the server disconnects it for good. */
  readonly disconnect: Buffer

  constructor(readonly namespace: string) {
    this.#event = `42${namespace},`
    this.#ack = `43${namespace},`
    this.disconnect = webSocketFrame(`41${namespace},`)
  }

  event(frame: Frame): Buffer {
    const known = frame.encoded
    if (known instanceof EncodedFrame && known.namespace === this.namespace) return known.bytes
    const bytes = webSocketFrame(`${this.#event}[${JSON.stringify(frame.event)},${frame.json}]`)
    frame.encoded = new EncodedFrame(this.namespace, bytes)
    return bytes
  }

  /** The frame has its own id, so no other receiver can share it. */
  eventWithAck(frame: Frame, id: number): Buffer {
    return webSocketFrame(`${this.#event}${id}[${JSON.stringify(frame.event)},${frame.json}]`)
  }

  answer(id: number, json: JsonText): Buffer {
    return webSocketFrame(`${this.#ack}${id}[${json}]`)
  }
}
