// Calls of a process to a database or a presence service elsewhere. Each call takes time and may fail; it may have
// taken effect although it failed; it answers nobody once the process is dead.
import type { VirtualClock } from '../virtual-clock.js'
import type { SeededRandom } from '../seeded-random.js'
import type { NodeProcess } from './node-process.js'

/** How calls of one kind behave now. */
interface Conditions {
  /** The time to the other side, and the time back, ms. */
  delayMs: readonly [min: number, max: number]
  /** The probability that a call fails, 0 to 1. */
  failRate: number
  /** The probability that a call is carried out only long after its caller gave up, 0 to 1. */
  lateRate: number
}

/** The result of a failed call, as only the other side knows it. */
export type Outcome = 'none' | 'unknown-done' | 'unknown-not-done'

export const goodConditions = (): Conditions => ({ delayMs: [1, 5], failRate: 0, lateRate: 0 })

/** A caller gives a late call up after this time, ms; the call is carried out up to so long after that. */
const patienceMs = 1000
const lateMsMax = 20_000

/** The number of failed calls of each outcome. */
type FailureCounts = Record<Outcome, number>

export class Remote {
  conditions = goodConditions()
  readonly failures: FailureCounts = { none: 0, 'unknown-done': 0, 'unknown-not-done': 0 }

  constructor(
    private readonly clock: VirtualClock,
    private readonly random: SeededRandom,
    private readonly process: NodeProcess,
    private readonly errorOf: (outcome: Outcome) => Error,
    /** Gets the other side's work, if that happens outside the simulation. */
    private readonly began: ((work: Promise<unknown>) => void) | null = null,
  ) {}

  /**
   * Sends a call to the other side, where it takes effect even if the process has died meanwhile, and brings the answer
   * back.
   * @param mayComeLate false: a call that comes late takes no effect once the process has died
   */
  call<T>(run: () => Promise<T>, mayComeLate = true): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.process.state === 'dead') return
      if (this.random.chance(this.conditions.lateRate)) return this.#late(run, reject, mayComeLate)
      const outcome = this.random.chance(this.conditions.failRate)
        ? this.random.pick(['none', 'unknown-done', 'unknown-not-done'] as const)
        : null
      const backMs = this.#delayMs()
      const back = (settle: () => void): void => {
        this.clock.setTimeout(() => this.process.enter(settle), backMs)
      }
      const there = (): void => {
        if (outcome !== null) this.failures[outcome]++
        if (outcome === 'none' || outcome === 'unknown-not-done') back(() => reject(this.errorOf(outcome)))
        else {
          const work = run()
          this.began?.(work)
          work.then(
            (value) => back(() => (outcome === null ? resolve(value) : reject(this.errorOf(outcome)))),
            (error: unknown) => back(() => reject(error instanceof Error ? error : new Error('unknown'))),
          )
        }
      }
      this.clock.setTimeout(there, this.#delayMs())
    })
  }

  #late(run: () => Promise<unknown>, reject: (error: Error) => void, mayComeLate: boolean): void {
    this.failures['unknown-done']++
    this.clock.setTimeout(() => this.process.enter(() => reject(this.errorOf('unknown-done'))), patienceMs)
    const takeEffect = (): void => {
      if (mayComeLate || this.process.state !== 'dead') void run().catch(() => {})
    }
    this.clock.setTimeout(takeEffect, patienceMs + this.random.int(lateMsMax))
  }

  #delayMs(): number {
    const [min, max] = this.conditions.delayMs
    return min + this.random.int(max - min + 1)
  }
}
