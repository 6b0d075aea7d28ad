// The server's clock, by the answer to `time` with the least round trip.
import type { Clock, Timer } from '../ports/clock.js'
import type { Session } from './session.js'

/** Half the round trip is how far the clock may be off: a round trip of twice this is good enough. */
const goodMs = 100
const triesMost = 5
/** Clocks drift: asked again after this, ms. */
const againMs = 600_000

export class ServerClock {
  #offsetMs = 0
  #roundTripMs = Infinity
  #timer: Timer | null = null

  constructor(private readonly clock: Clock) {}

  /** Unix ms by the server's clock. */
  now(): number {
    return Math.round(this.clock.now() + this.#offsetMs)
  }

  /** How far it may be off, ms; Infinity while nothing is known. */
  get uncertaintyMs(): number {
    return this.#roundTripMs / 2
  }

  /** A session began: what it says of the time stands until something better is known. */
  begin(session: Session): void {
    if (this.#roundTripMs === Infinity) this.#offsetMs = session.ready.serverTime - this.clock.now()
    this.#roundTripMs = Infinity
    this.#ask(session, 1)
  }

  stop(): void {
    if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
    this.#timer = null
  }

  #ask(session: Session, tries: number): void {
    const [sentMs, t0] = [this.clock.monotonic(), this.clock.now()]
    session.call('time', { t0 }, (answer) => {
      if (answer === null || session.isOver) return
      const roundTripMs = this.clock.monotonic() - sentMs
      if (answer.ok) this.#learn((answer.data as { serverTime: number }).serverTime, roundTripMs)
      const isDone = this.uncertaintyMs <= goodMs || tries >= triesMost
      this.#later(isDone ? againMs : 1_000, () => {
        if (isDone) this.#roundTripMs = Infinity
        this.#ask(session, isDone ? 1 : tries + 1)
      })
    })
  }

  #learn(serverTime: number, roundTripMs: number): void {
    if (roundTripMs > this.#roundTripMs) return
    this.#roundTripMs = roundTripMs
    this.#offsetMs = serverTime + roundTripMs / 2 - this.clock.now()
  }

  #later(delayMs: number, run: () => void): void {
    this.stop()
    this.#timer = this.clock.setTimeout(run, delayMs)
  }
}
