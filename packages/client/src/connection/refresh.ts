// Renews the token of a session before it expires.
import { RookeryError } from '@rookery/protocol'
import type { Clock, Timer } from '../ports/clock.js'
import type { Session } from './session.js'

/** So long before the end, or in the last fifth of a short life, ms. */
const aheadMs = 60_000
/** A timer is never longer: a browser takes a longer one for none. */
const timerMostMs = 86_400_000
const againMs = 5_000

export class Refresh {
  #timer: Timer | null = null
  /** When the session began, by the monotonic clock: then it was `serverTime` on the server. */
  #begunMs = 0

  constructor(
    private readonly clock: Clock,
    private readonly getToken: (why: 'expiring') => Promise<string>,
    /** The server refused the new token. */
    private readonly rejected: (session: Session) => void,
  ) {}

  begin(session: Session): void {
    const { expiresAt, serverTime } = session.ready
    this.#begunMs = this.clock.monotonic()
    if (expiresAt !== undefined) this.#plan(session, expiresAt - serverTime)
  }

  stop(): void {
    if (this.#timer !== null) this.clock.clearTimeout(this.#timer)
    this.#timer = null
  }

  #plan(session: Session, lifeMs: number): void {
    const dueMs = this.clock.monotonic() + lifeMs - Math.min(aheadMs, lifeMs / 5)
    this.#wait(session, dueMs)
  }

  #wait(session: Session, dueMs: number): void {
    this.stop()
    const leftMs = Math.max(0, dueMs - this.clock.monotonic())
    this.#timer = this.clock.setTimeout(
      () => (leftMs > timerMostMs ? this.#wait(session, dueMs) : void this.#renew(session)),
      Math.min(leftMs, timerMostMs),
    )
  }

  async #renew(session: Session): Promise<void> {
    try {
      const token = await this.getToken('expiring')
      if (session.isOver) return
      const { expiresAt } = await session.ask('auth.refresh', { token })
      const serverNow = session.ready.serverTime + this.clock.monotonic() - this.#begunMs
      if (expiresAt !== undefined && !session.isOver) this.#plan(session, Math.max(againMs, expiresAt - serverNow))
    } catch (error) {
      if (session.isOver) return
      if (error instanceof RookeryError && error.code === 'UNAUTHENTICATED') return this.rejected(session)
      // The server kicks with `token-expired` if this goes on until the end.
      this.#wait(session, this.clock.monotonic() + againMs)
    }
  }
}
