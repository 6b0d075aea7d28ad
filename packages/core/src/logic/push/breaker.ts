// Leaves a provider alone that fails again and again; and sees where too many tokens are said to be dead.
import type { PushRules } from '../../options/push.js'

export class Breaker {
  private failures = 0
  /** Monotonic ms; 0 where it is closed. */
  private openUntilMs = 0
  private isTrying = false

  constructor(private readonly rules: Pick<PushRules, 'breakerAfter' | 'breakerMs'>) {}

  get isOpen(): boolean {
    return this.openUntilMs > 0
  }

  /**
   * For how long the provider is to be left alone, ms; 0: a batch may go, which is told to `done`. Once the time is over one
   * batch goes, and what becomes of it decides.
   */
  waitMs(nowMs: number): number {
    if (!this.isOpen) return 0
    if (nowMs < this.openUntilMs) return this.openUntilMs - nowMs
    if (this.isTrying) return this.rules.breakerMs
    this.isTrying = true
    return 0
  }

  /** @returns whether it has just opened */
  done(isGood: boolean, nowMs: number): boolean {
    const wasOpen = this.isOpen
    this.isTrying = false
    this.failures = isGood ? 0 : this.failures + 1
    this.openUntilMs =
      !isGood && (wasOpen || this.failures >= this.rules.breakerAfter) ? nowMs + this.rules.breakerMs : 0
    return !wasOpen && this.isOpen
  }
}

/** Of so many answers about tokens more than a fifth said that the token is dead. */
const lookedAt = 50
const deadMax = 10

/** A wrong topic or a wrong environment makes every token look dead: then none is forgotten. */
export class DeadShare {
  private readonly last: boolean[] = []
  private dead = 0

  get isAlarming(): boolean {
    return this.dead > deadMax
  }

  answered(isDead: boolean): void {
    this.last.push(isDead)
    if (isDead) this.dead += 1
    if (this.last.length > lookedAt && this.last.shift() === true) this.dead -= 1
  }
}
