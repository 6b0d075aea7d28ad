// Stops reading a session that has the maximum of unanswered requests. It reads the session again when half of them are
// answered; if that takes long, as soon as there is room for one. It closes a session that stays unread for too long.
import type { Clock, Timer } from '../ports/clock.js'
import type { Limits, Timing } from '../options/limits.js'
import type { Session } from './session.js'

/** How often it checks whether there is room. */
const lookMs = 1000

export class Backlog {
  private readonly half: number
  /** Unread sessions, each with the timer of its next check. */
  private readonly unread = new Map<Session, Timer>()

  constructor(
    private readonly clock: Clock,
    private readonly limits: Pick<Limits, 'inflight'>,
    private readonly timing: Pick<Timing, 'unreadMs'>,
  ) {
    this.half = Math.floor(limits.inflight / 2)
  }

  /** A request was accepted. */
  grew(session: Session): void {
    if (session.requests.unanswered < this.limits.inflight || this.unread.has(session) || session.isClosed) return
    session.stopReading()
    this.lookLater(session, this.clock.monotonic() + this.timing.unreadMs)
  }

  /** A request was answered. */
  shrank(session: Session): void {
    if (this.unread.size > 0 && session.requests.unanswered <= this.half && this.unread.has(session))
      this.readOn(session)
  }

  /** Ends the checks: the session is read again, or has ended. */
  forget(session: Session): void {
    const timer = this.unread.get(session)
    if (timer === undefined) return
    this.clock.clearTimeout(timer)
    this.unread.delete(session)
  }

  private lookLater(session: Session, untilMs: number): void {
    const leftMs = untilMs - this.clock.monotonic()
    const timer = this.clock.setTimeout(
      () => {
        if (session.requests.unanswered < this.limits.inflight) this.readOn(session)
        else if (this.clock.monotonic() >= untilMs) session.end(null, null)
        else this.lookLater(session, untilMs)
      },
      Math.min(lookMs, leftMs),
    )
    this.unread.set(session, timer)
  }

  private readOn(session: Session): void {
    this.forget(session)
    if (!session.isClosed) session.readOn()
  }
}
