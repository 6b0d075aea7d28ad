// Requests of the app: they wait for a connection, and survive its loss where repeating them changes nothing.
import { mayBeTriedAgain, RookeryError, type WireError } from '@rookery/protocol'
import type { Session } from '../connection/session.js'
import type { Clock, Random, Timer } from '../ports/clock.js'

interface Asked {
  readonly event: string
  readonly body: unknown
  readonly isRepeatable: boolean
  readonly resolve: (data: unknown) => void
  readonly reject: (error: RookeryError) => void
  readonly timer: Timer
}

/** By default a request is given up after this, ms. */
const withinMs = 30_000
const againMs = 500

export class Asker {
  #session: Session | null = null
  readonly #waiting = new Set<Asked>()

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly rejected: (session: Session) => void,
  ) {}

  begin(session: Session): void {
    this.#session = session
    for (const asked of this.#waiting) this.#send(session, asked)
  }

  end(): void {
    this.#session = null
  }

  /**
   * @param isRepeatable whether the server carries it out once, however often it is sent
   * @throws RookeryError with the code of the answer; `UNAVAILABLE` where there was none in time, or where the connection
   *   was lost and nobody knows what became of it
   */
  ask(event: string, body: unknown, { isRepeatable = true } = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimeout(() => {
        this.#waiting.delete(asked)
        reject(new RookeryError('UNAVAILABLE', 'no answer in time'))
      }, withinMs)
      const asked: Asked = { event, body, isRepeatable, resolve, reject, timer }
      this.#waiting.add(asked)
      if (this.#session !== null) this.#send(this.#session, asked)
    })
  }

  #send(session: Session, asked: Asked): void {
    session.callOther(asked.event, asked.body, (answer) => {
      if (!this.#waiting.has(asked)) return
      if (answer === null) {
        if (!asked.isRepeatable) this.#refuse(asked, { code: 'UNAVAILABLE', message: 'the connection was lost' })
      } else if (answer.ok) this.#settle(asked, () => asked.resolve(answer.data))
      else if (answer.error.code === 'UNAUTHENTICATED' && asked.isRepeatable) this.rejected(session)
      else if (asked.isRepeatable && mayBeTriedAgain(answer.error.code))
        this.#later(session, asked, answer.error.retryAfterMs)
      else this.#refuse(asked, answer.error)
    })
  }

  #later(session: Session, asked: Asked, afterMs = againMs): void {
    this.clock.setTimeout(
      () => {
        if (session === this.#session && this.#waiting.has(asked)) this.#send(session, asked)
      },
      afterMs + this.random.next() * againMs,
    )
  }

  #refuse(asked: Asked, { code, message, details, retryAfterMs }: WireError): void {
    const facts = { ...(details !== undefined && { details }), ...(retryAfterMs !== undefined && { retryAfterMs }) }
    this.#settle(asked, () => asked.reject(new RookeryError(code, message, facts)))
  }

  #settle(asked: Asked, run: () => void): void {
    this.clock.clearTimeout(asked.timer)
    this.#waiting.delete(asked)
    run()
  }
}
