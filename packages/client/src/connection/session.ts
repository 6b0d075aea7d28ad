// One connection after `ready`: requests and their answers. It takes itself for dead where an answer does not come.
import { RookeryError, type DataOf, type Ready, type RequestEvent, type RequestOf } from '@rookery/protocol'
import type { Clock, Timer } from '../ports/clock.js'
import type { Link, RawAnswer } from '../ports/link.js'

/** How long an answer may take, ms. */
const patienceMs = 20_000

type Answered = (answer: RawAnswer | null) => void

export class Session {
  readonly #waiting = new Map<Answered, Timer>()
  #isOver = false

  constructor(
    private readonly link: Link,
    readonly ready: Ready,
    private readonly clock: Clock,
    /** No answer came: the connection is to be replaced. */
    private readonly dead: () => void,
  ) {}

  get isOver(): boolean {
    return this.#isOver
  }

  /** `answered` is called once, in its place among the events; with null where the connection ended first. */
  call<Event extends RequestEvent>(
    event: Event,
    body: RequestOf<Event>,
    answered: Answered,
    withinMs = patienceMs,
  ): void {
    this.callOther(event, body, answered, withinMs)
  }

  /** A request that the protocol's types do not have yet. */
  callOther(event: string, body: unknown, answered: Answered, withinMs = patienceMs): void {
    if (this.#isOver) return answered(null)
    const timer = this.clock.setTimeout(() => this.dead(), withinMs)
    this.#waiting.set(answered, timer)
    this.link.request(event, body, (answer) => {
      if (!this.#waiting.delete(answered)) return
      this.clock.clearTimeout(timer)
      answered(answer)
    })
  }

  /** @throws RookeryError with the code of the answer; `UNAVAILABLE` where the connection ended first */
  ask<Event extends RequestEvent>(event: Event, body: RequestOf<Event>, withinMs?: number): Promise<DataOf<Event>> {
    return new Promise((resolve, reject) => {
      this.call(
        event,
        body,
        (answer) => {
          if (answer === null) reject(new RookeryError('UNAVAILABLE', 'the connection ended before the answer'))
          else if (answer.ok) resolve(answer.data as DataOf<Event>)
          else reject(new RookeryError(answer.error.code, answer.error.message, answer.error))
        },
        withinMs,
      )
    })
  }

  /** Sends what needs no answer. */
  tell<Event extends RequestEvent>(event: Event, body: RequestOf<Event>): void {
    if (!this.#isOver) this.link.request(event, body)
  }

  /** Ends it, and gives up every answer that it waits for. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.link.close()
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [, timer] of waiting) this.clock.clearTimeout(timer)
    for (const [answered] of waiting) answered(null)
  }
}
