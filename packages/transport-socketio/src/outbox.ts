// The one queue through which every frame of a connection leaves after the handshake. It gives the socket nothing more
// until the socket has passed on what it has: the outbox can discard what is queued here, but not what the socket has.
import type { FlushList } from './flush-list.js'
import type { Wire } from './wire.js'

/** The most bytes of frames in one write. 64 KiB: beyond it copying costs more than another system call. */
const writeBytesMax = 65_536

/** The owner of an outbox: the outbox tells it about failures. */
export interface OutboxOwner {
  /** The outbox can write nothing more. */
  outboxFailed(error: unknown): void
}

export class Outbox {
  #queue: Buffer[] | undefined
  #queuedBytes = 0
  /** The kernel did not take a write at once: the outbox writes nothing more until it has. */
  #blocked = false
  #closed = false
  #wire: Wire | undefined
  #taken: (() => void) | undefined
  readonly #list: FlushList
  readonly #owner: OutboxOwner

  constructor(list: FlushList, owner: OutboxOwner) {
    this.#list = list
    this.#owner = owner
  }

  /** Bytes that are queued here, or written and not yet taken by the kernel. */
  get bytes(): number {
    return this.#blocked && this.#wire !== undefined ? this.#queuedBytes + this.#wire.pendingBytes : this.#queuedBytes
  }

  /** Frames leave from now on; until then they wait. */
  open(wire: Wire): void {
    if (this.#closed) return
    this.#wire = wire
    this.#enlist(true)
  }

  /** @param isAnswer the frame answers a request of the client: it leaves in this turn */
  push(frame: Buffer, isAnswer = false): void {
    if (this.#closed) return
    if (this.#queue === undefined) this.#queue = [frame]
    else this.#queue.push(frame)
    this.#queuedBytes += frame.length
    this.#enlist(isAnswer)
  }

  /** Writes what is queued, unless the socket is still busy. Never throws. */
  flush(): void {
    try {
      this.#writeOut()
    } catch (error) {
      this.#owner.outboxFailed(error)
    }
  }

  /**
   * Discards what is queued, writes these last frames after what is already written, and takes nothing any more.
   * @param otherwise makes the wire if none was opened yet
   */
  end(frames: readonly Buffer[], otherwise: () => Wire): void {
    this.close()
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0)
    const wire = (this.#wire ??= otherwise())
    wire.write(frames, bytes, () => {})
  }

  /** Discards what is queued and takes nothing any more. */
  close(): void {
    this.#closed = true
    this.#queue = undefined
    this.#queuedBytes = 0
  }

  #writeOut(): void {
    while (this.#queue !== undefined && this.#wire !== undefined && !this.#blocked) {
      const [frames, bytes] = this.#next(this.#queue)
      this.#queuedBytes -= bytes
      this.#taken ??= () => this.#onTaken()
      const pending = this.#wire.write(frames, bytes, this.#taken)
      if (pending === undefined) return this.close()
      this.#blocked = pending > 0
    }
  }

  #enlist(isAnswer: boolean): void {
    if (this.#queue === undefined || this.#wire === undefined || this.#blocked) return
    if (isAnswer) this.#list.addAnswer(this)
    else this.#list.add(this)
  }

  /** Takes from the front as many frames as one write may carry, at least one. */
  #next(queue: Buffer[]): [readonly Buffer[], number] {
    if (this.#queuedBytes <= writeBytesMax) {
      this.#queue = undefined
      return [queue, this.#queuedBytes]
    }
    let count = 0
    let bytes = 0
    for (const frame of queue) {
      if (count > 0 && bytes + frame.length > writeBytesMax) break
      bytes += frame.length
      count++
    }
    if (count === queue.length) this.#queue = undefined
    return [queue.splice(0, count), bytes]
  }

  #onTaken(): void {
    this.#blocked = false
    if (!this.#closed) this.flush()
  }
}
