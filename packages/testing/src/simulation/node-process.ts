// A process seen from outside: calls that reach it run now; they wait while it is paused, and are lost once it is dead.
import type { Clock, Timer } from '@rookery/core'
import type { VirtualClock } from '../virtual-clock.js'

interface ProcessTimer {
  handle: Timer
  isCleared: boolean
}

/** One node's process, and its clock: its timers too wait while it is paused, and are lost once it is dead. */
export class NodeProcess implements Clock {
  /** The error of its wall clock, ms. */
  skewMs = 0
  #state: 'running' | 'paused' | 'dead' = 'running'
  #waiting: (() => void)[] = []
  #isTaking = false

  constructor(private readonly base: VirtualClock) {}

  get state(): 'running' | 'paused' | 'dead' {
    return this.#state
  }

  /** A call from outside reaches the process. */
  enter(run: () => void): void {
    if (this.#state === 'running' && this.#waiting.length === 0) run()
    else if (this.#state !== 'dead') this.#waiting.push(run)
  }

  /** SIGSTOP. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  /** SIGCONT: the process handles what arrived during the pause, one after the other, and then what arrives now. */
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
