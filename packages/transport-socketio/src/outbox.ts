// The one queue through which every frame of a connection leaves after the handshake. It never gives the socket more while
// the socket has not passed on what it was given: what is still queued here can be discarded, what the socket has cannot.
import type { FlushList } from './flush-list.js'
import type { Wire } from './wire.js'

/** Frames joined into one write. 64 KiB: beyond it copying costs more than another system call. */
const writeBytesMax = 65_536

/** Whom an outbox tells what becomes of it. */
export interface OutboxOwner {
  /** Everything is taken, after something was left behind a write. */
  outboxDrained(): void
  /** Nothing more can be written. */
  outboxFailed(error: unknown): void
}

export class Outbox {
  #queue: Buffer[] | undefined
  #queuedBytes = 0
  /** A write was not taken at once: nothing more is written until it is. */
  #blocked = false
  /** Something was left after a write; the owner is told when nothing is. */
  #behind = false
  #closed = false
  #wire: Wire | undefined
  #taken: (() => void) | undefined
  readonly #list: FlushList
  readonly #owner: OutboxOwner

  constructor(list: FlushList, owner: OutboxOwner) {
    this.#list = list
    this.#owner = owner
  }

  /** Bytes queued here or written and not yet taken by the kernel. */
  get bytes(): number {
    return this.#blocked && this.#wire !== undefined ? this.#queuedBytes + this.#wire.pendingBytes : this.#queuedBytes
  }

  /** Frames leave from now on; until then they wait. */
  open(wire: Wire): void {
    if (this.#closed) return
    this.#wire = wire
    this.#enlist(true)
  }

  /** @param isAnswer it is an answer to a request of the client: it leaves in this turn */
  push(frame: Buffer, isAnswer = false): void {
    if (this.#closed) return
    if (this.#queue === undefined) this.#queue = [frame]
    else this.#queue.push(frame)
    this.#queuedBytes += frame.length
    this.#enlist(isAnswer)
  }

  /** Writes what is queued, unless the socket is still busy with what it has. Never throws. */
  flush(): void {
    try {
      this.#writeOut()
    } catch (error) {
      this.#owner.outboxFailed(error)
    }
  }

  /**
   * Discards what is queued, writes these last frames behind what was written already, and takes nothing any more.
   * @param otherwise the way out where none was opened yet.
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
      if (this.#blocked || this.#queue !== undefined) this.#behind = true
    }
    if (!this.#behind || this.#blocked || this.#queue !== undefined || this.#closed) return
    this.#behind = false
    this.#owner.outboxDrained()
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
