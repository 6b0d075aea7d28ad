// The token that a session goes under: which one, which one it is about to go under, and when that ends.
import type { KickReason } from '@rookery/protocol'
import type { Clock, Timer } from '../ports/clock.js'

/** Whoever goes under a token: a session. */
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

  /** Whether the bearer goes under this token, or is about to. */
  is(digest: string): boolean {
    return this.digest === digest || this.offered === digest
  }

  /** The bearer goes under both tokens until `take` or `withdraw`. */
  offer(digest: string): void {
    this.offered = digest
  }

  /** The bearer goes under the token that was offered, and ends when that expires. */
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

  /** Looks no more when the token expires. */
  stop(): void {
    if (this.timer !== null) this.bearer.clock.clearTimeout(this.timer)
    this.timer = null
  }
}
