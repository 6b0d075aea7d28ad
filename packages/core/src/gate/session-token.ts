// The token of a session: the present one, the one with which it wants to continue, and the expiry.
import type { KickReason } from '@rookery/protocol'
import type { Clock, Timer } from '../ports/clock.js'

/** The session that has a token. */
interface Bearer {
  readonly clock: Clock
  readonly isClosed: boolean
  end(reason: KickReason, by: null): void
}

/** The wall clock may jump, so this is how often the time left is computed again. */
const lookMs = 1000

/** Tokens themselves are not kept, only their digests. */
export class SessionToken {
  /** Unix ms; null if the token does not expire. */
  expiresAt: number | null = null
  private offered: string | null = null
  private timer: Timer | null = null

  constructor(
    private readonly bearer: Bearer,
    private digest: string,
  ) {}

  /** Whether the bearer has this token, or wants to continue with it. */
  is(digest: string): boolean {
    return this.digest === digest || this.offered === digest
  }

  /** Until `take` or `withdraw`, the bearer counts under both tokens. */
  offer(digest: string): void {
    this.offered = digest
  }

  /** The bearer continues with the offered token, and ends when that expires. */
  take(expiresAt: number | null | undefined): void {
    this.digest = this.offered ?? this.digest
    this.expireAt(expiresAt)
  }

  /** No token is offered any more. */
  withdraw(): void {
    this.offered = null
  }

  /** Ends the bearer when its token expires. A bearer that has ended is left alone. */
  expireAt(expiresAt: number | null | undefined): void {
    this.stop()
    this.expiresAt = expiresAt ?? null
    if (expiresAt == null || this.bearer.isClosed) return
    const { clock } = this.bearer
    const look = (): void => {
      const leftMs = expiresAt - clock.now()
      if (leftMs <= 0) this.bearer.end('token-expired', null)
      else this.timer = clock.setTimeout(look, Math.min(leftMs, lookMs))
    }
    look()
  }

  /** Stops the timer of the expiry. */
  stop(): void {
    if (this.timer !== null) this.bearer.clock.clearTimeout(this.timer)
    this.timer = null
  }
}
