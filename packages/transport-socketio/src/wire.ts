// The two ways in which finished frames leave: straight to the TCP socket, or through engine.io.
import type { Socket as NetSocket } from 'node:net'
import { type EngineConnection, type WebSocketLike, webSocketOpen } from './internals.js'
import { packetText } from './packets.js'

/** Takes whole frames in order. */
export interface Wire {
  /**
   * @param taken runs in a later tick, when the kernel has the bytes that it did not take at once; it does not run if
   * the kernel took all of them
   * @returns the number of bytes that the kernel has not taken yet; undefined if nothing was written because the client
   * is leaving
   */
  write(frames: readonly Buffer[], bytes: number, taken: () => void): number | undefined
  /** The written bytes that the kernel has not taken yet. */
  readonly pendingBytes: number
}

const nothing = Buffer.alloc(0)

/**
 * One write for all frames of one call. `ws` writes its own frames (pings, pongs, close) whole and synchronously to the
 * same socket, so no frame ends up inside another.
 */
export class DirectWire implements Wire {
  readonly #ws: WebSocketLike
  readonly #net: NetSocket

  constructor(ws: WebSocketLike, net: NetSocket) {
    this.#ws = ws
    this.#net = net
  }

  write(frames: readonly Buffer[], bytes: number, taken: () => void): number | undefined {
    // Nothing may follow a close frame.
    if (this.#ws.readyState !== webSocketOpen || !this.#net.writable) return undefined
    const [first] = frames
    this.#net.write(frames.length === 1 && first !== undefined ? first : Buffer.concat(frames, bytes))
    const pending = this.#net.writableLength
    // The kernel takes most writes at once, and a write without a callback costs less.
    if (pending > 0) this.#net.write(nothing, taken)
    return pending
  }

  get pendingBytes(): number {
    return this.#net.writableLength
  }
}

/** Packet by packet, through engine.io's public interface. */
export class EngineWire implements Wire {
  readonly #conn: EngineConnection
  #pendingBytes = 0

  constructor(conn: EngineConnection) {
    this.#conn = conn
  }

  write(frames: readonly Buffer[], bytes: number, taken: () => void): number | undefined {
    if (this.#conn.readyState !== 'open') return undefined
    this.#pendingBytes += bytes
    const last = frames.length - 1
    for (let i = 0; i < last; i++) this.#conn.write(packetText(frames[i]!), { compress: false })
    this.#conn.write(packetText(frames[last]!), { compress: false }, () => {
      this.#pendingBytes -= bytes
      taken()
    })
    return this.#pendingBytes
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }
}
