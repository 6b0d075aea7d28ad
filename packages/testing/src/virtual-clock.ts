// Time that moves only when a test moves it.
import type { Clock, Timer } from '@rookery/core'
import { settle } from './settle.js'

interface Due {
  readonly atMs: number
  /** Timers that are due at the same time fire in the order in which they were set. */
  readonly order: number
  readonly run: () => void
  isCleared: boolean
}

/** A clock whose time moves only by `advance` and `runUntil`. Between two timers it lets all pending code run. */
export class VirtualClock implements Clock {
  #nowMs = 0
  #wallMs: number
  #order = 0
  /** A binary heap; the next timer is first. */
  readonly #heap: Due[] = []
  #isMoving = false
  /** Work outside the simulation that time waits for, with the time at which it began. */
  readonly #held = new Map<Promise<unknown>, number>()

  /** @param wallMs the first value of `now`, Unix ms */
  constructor(wallMs = 1_750_000_000_000) {
    this.#wallMs = wallMs
  }

  now(): number {
    return Math.floor(this.#wallMs + this.#nowMs)
  }

  monotonic(): number {
    return this.#nowMs
  }

  setTimeout(run: () => void, delayMs: number): Timer {
    const due: Due = { atMs: this.#nowMs + Math.max(0, delayMs || 0), order: this.#order, run, isCleared: false }
    this.#order += 1
    push(this.#heap, due)
    return due
  }

  clearTimeout(timer: Timer): void {
    ;(timer as Due).isCleared = true
  }

  /** While time stands still, a turn ends with the work under way. */
  endOfTurn(): Promise<void> {
    return Promise.resolve()
  }

  /** Makes the clock of one node: a test can pause it, and its wall clock can be wrong by itself. */
  node(options: { readonly skewMs?: number } = {}): NodeClock {
    return new NodeClock(this, options.skewMs ?? 0)
  }

  /**
   * Stops time until this work has settled: for work outside the simulation, such as a call to a database.
   * @param togetherMs how far time may move on meanwhile, so that requests of that span are under way at once
   */
  hold(work: Promise<unknown>, togetherMs = 0): void {
    const settled = work.then(
      () => {},
      () => {},
    )
    this.#held.set(settled, this.#nowMs + togetherMs)
    void settled.then(() => this.#held.delete(settled))
  }

  /** Lets the wall clock jump, in either direction; timers and `monotonic` do not change. */
  jumpWall(ms: number): void {
    this.#wallMs += ms
  }

  /**
   * Moves time on, and fires every timer that comes due, in order.
   * @throws whatever a timer throws: as in a process, no other code could catch it
   */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await this.#move(async () => {
      await this.#settle(untilMs)
      while (this.#fireNext(untilMs)) await this.#settle(untilMs)
      this.#nowMs = untilMs
    })
  }

  /**
   * Moves time on, from timer to timer, until the condition holds.
   * @returns the time that passed, ms
   * @throws Error if it does not hold after `maxMs`
   */
  async runUntil(condition: () => boolean | Promise<boolean>, maxMs: number): Promise<number> {
    const startMs = this.#nowMs
    await this.#move(async () => {
      await this.#settle(startMs + maxMs)
      while (!(await condition())) {
        if (!this.#fireNext(startMs + maxMs)) {
          this.#nowMs = startMs + maxMs
          if (await condition()) return
          throw new Error(`the condition does not hold after ${maxMs} ms`)
        }
        await this.#settle(startMs + maxMs)
      }
    })
    return this.#nowMs - startMs
  }

  /** Waits until all pending code has run, and the work that time must not pass has settled. */
  async #settle(untilMs: number): Promise<void> {
    await settle()
    while (this.#held.size > 0) {
      while (this.#heap[0]?.isCleared) pop(this.#heap)
      const nextMs = Math.min(this.#heap[0]?.atMs ?? Infinity, untilMs)
      const waiting = [...this.#held].filter(([, toMs]) => toMs < nextMs || nextMs === untilMs)
      if (waiting.length === 0) return
      await Promise.race(waiting.map(([work]) => work))
      await settle()
    }
  }

  /** Moves to the next timer and fires it; false if none is due by then. */
  #fireNext(untilMs: number): boolean {
    while (this.#heap[0]?.isCleared) pop(this.#heap)
    const next = this.#heap[0]
    if (!next || next.atMs > untilMs) return false
    pop(this.#heap)
    this.#nowMs = next.atMs
    next.run()
    return true
  }

  async #move(run: () => Promise<void>): Promise<void> {
    if (this.#isMoving) throw new Error('time is being moved already: await the earlier call first')
    this.#isMoving = true
    try {
      await run()
    } finally {
      this.#isMoving = false
    }
  }
}

interface NodeTimer {
  readonly run: () => void
  handle: Timer | null
}

/** One node's view of a VirtualClock. */
export class NodeClock implements Clock {
  #isPaused = false
  /** Timers that came due during the pause, or behind such timers, in order. */
  readonly #late = new Set<NodeTimer>()
  #isFiring = false

  /** @param skewMs the error of the node's wall clock; may change at any time */
  constructor(
    private readonly base: VirtualClock,
    public skewMs: number,
  ) {}

  now(): number {
    return this.base.now() + this.skewMs
  }

  monotonic(): number {
    return this.base.monotonic()
  }

  setTimeout(run: () => void, delayMs: number): Timer {
    const timer: NodeTimer = { run, handle: null }
    this.#set(timer, delayMs)
    return timer
  }

  clearTimeout(timer: Timer): void {
    const { handle } = timer as NodeTimer
    if (handle !== null) this.base.clearTimeout(handle)
    this.#late.delete(timer as NodeTimer)
  }

  endOfTurn(): Promise<void> {
    return this.#isPaused ? new Promise((resolve) => this.setTimeout(resolve, 0)) : this.base.endOfTurn()
  }

  /** Like a stopped process for timers: none fires until `resume`; time goes on. */
  pause(): void {
    this.#isPaused = true
  }

  /** Fires the timers that came due meanwhile, in order, as soon as time moves again. */
  resume(): void {
    this.#isPaused = false
    this.#fireLate()
  }

  #fireLate(): void {
    if (this.#isFiring || this.#late.size === 0) return
    this.#isFiring = true
    this.base.setTimeout(() => {
      this.#isFiring = false
      if (this.#isPaused) return
      const [first] = this.#late
      if (first !== undefined) {
        this.#late.delete(first)
        first.run()
      }
      if (!this.#isPaused) this.#fireLate()
    }, 0)
  }

  #set(timer: NodeTimer, delayMs: number): void {
    timer.handle = this.base.setTimeout(() => {
      timer.handle = null
      if (this.#isPaused || this.#late.size > 0) this.#late.add(timer)
      else timer.run()
    }, delayMs)
  }
}

const isBefore = (a: Due, b: Due): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

function push(heap: Due[], due: Due): void {
  let at = heap.push(due) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!isBefore(due, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = due
}

function pop(heap: Due[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let at = 0
  for (;;) {
    let child = at * 2 + 1
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1
    if (child >= heap.length || !isBefore(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
}
