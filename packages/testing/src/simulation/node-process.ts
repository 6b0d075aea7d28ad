// A process as the outside sees it: what reaches it runs now, waits while it is stopped, and is lost once it is dead.
import type { Clock, Timer } from '@rookery/core'
import type { VirtualClock } from '../virtual-clock.js'

interface ProcessTimer {
  handle: Timer
  isCleared: boolean
}

/** One node's process, and its clock: its timers are among what waits and what is lost. */
export class NodeProcess implements Clock {
  /** By how much its wall clock is wrong, ms. */
  skewMs = 0
  #state: 'running' | 'paused' | 'dead' = 'running'
  #waiting: (() => void)[] = []
  #isTaking = false

  constructor(private readonly base: VirtualClock) {}

  get state(): 'running' | 'paused' | 'dead' {
    return this.#state
  }

  /** Something from outside reaches the process. */
  enter(run: () => void): void {
    if (this.#state === 'running' && this.#waiting.length === 0) run()
    else if (this.#state !== 'dead') this.#waiting.push(run)
  }

  /** SIGSTOP. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  /** SIGCONT: what came meanwhile comes in, one after the other, and what comes now behind it. */
  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.#takeNext()
  }

  /** SIGKILL. */
  kill(): void {
    this.#state = 'dead'
    this.#waiting = []
  }

  #takeNext(): void {
    if (this.#isTaking || this.#waiting.length === 0) return
    this.#isTaking = true
    this.base.setTimeout(() => {
      this.#isTaking = false
      if (this.#state === 'running') this.#waiting.shift()?.()
      if (this.#state === 'running') this.#takeNext()
    }, 0)
  }

  now(): number {
    return Math.floor(this.base.now() + this.skewMs)
  }

  monotonic(): number {
    return this.base.monotonic()
  }

  setTimeout(run: () => void, delayMs: number): Timer {
    const fire = (): void => this.enter(() => timer.isCleared || run())
    const timer: ProcessTimer = { handle: this.base.setTimeout(fire, delayMs), isCleared: false }
    return timer
  }

  clearTimeout(timer: Timer): void {
    const { handle } = timer as ProcessTimer
    ;(timer as ProcessTimer).isCleared = true
    this.base.clearTimeout(handle)
  }

  endOfTurn(): Promise<void> {
    return this.#state === 'running' ? this.base.endOfTurn() : new Promise((resolve) => this.enter(resolve))
  }
}
