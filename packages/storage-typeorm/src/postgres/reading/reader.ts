// Reads: those that come while every connection is busy gather, and go together in one round trip. Each has a snapshot
// of its own, taken after it was asked.
import { StorageError } from '@rookery/core'
import { failureOf } from '../faults.js'
import { isFromServer, LinkLost, type Link, type Step } from '../link.js'
import type { Pool } from '../../pool.js'
import { queries, type ArgsOf, type QueryName, type ResultOf } from './queries.js'
import type { Query } from './query.js'
import type { Row } from './row.js'

/** Reads in one round trip: one that is slow delays those behind it. */
const togetherMax = 16

interface Waiting {
  readonly step: Step
  readonly deadlineMs: number
  answer(rows: readonly Row[]): void
  fail(error: unknown): void
}

export class Reader {
  #waiting: Waiting[] = []
  #isScheduled = false

  constructor(
    private readonly pool: Pool<Link>,
    private readonly callTimeoutMs: number,
  ) {}

  /** @throws StorageError */
  async read<Name extends QueryName>(name: Name, args: ArgsOf<Name>): Promise<ResultOf<Name>> {
    const definition = queries[name] as unknown as Query<ArgsOf<Name>, ResultOf<Name>>
    const step = { statement: name, values: definition.values(args) }
    const rows = await new Promise<readonly Row[]>((answer, fail) => {
      const deadlineMs = performance.now() + this.callTimeoutMs
      this.#waiting.push({ step, deadlineMs, answer, fail })
      this.#schedule()
    })
    return definition.decode(rows, args)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    // What is asked in one turn goes together.
    queueMicrotask(() => {
      this.#isScheduled = false
      while (this.#waiting.length > 0 && this.pool.hasFree) void this.#run(this.#waiting.splice(0, togetherMax))
    })
  }

  async #run(reads: readonly Waiting[]): Promise<void> {
    try {
      await this.pool.with(this.callTimeoutMs, (link) => this.#together(link, reads))
    } catch (error) {
      // A connection that broke says nothing about the read: a new one is tried once.
      if (error instanceof LinkLost && error.isSent && reads.length > 0) await this.#again(reads)
      else for (const one of reads) one.fail(failureOf(error))
    }
    if (this.#waiting.length > 0) this.#schedule()
  }

  async #again(reads: readonly Waiting[]): Promise<void> {
    try {
      await this.pool.with(this.callTimeoutMs, (link) => this.#together(link, reads))
    } catch (error) {
      for (const one of reads) one.fail(failureOf(error))
    }
  }

  async #together(link: Link, reads: readonly Waiting[]): Promise<void> {
    const now = performance.now()
    const restMs = Math.max(...reads.map((one) => one.deadlineMs)) - now
    if (restMs <= 0) throw new StorageError('the database did not answer in time', 'none')
    try {
      const answer = await link.run(
        reads.map((one) => one.step),
        Math.ceil(restMs),
      )
      for (const [index, one] of reads.entries()) one.answer(answer[index] ?? [])
    } catch (error) {
      if (!isFromServer(error) || !link.isOpen || reads.length === 1) throw error
      // One of them is at fault, and the others shall not suffer for it.
      for (const one of reads) await this.#together(link, [one]).catch((reason: unknown) => one.fail(failureOf(reason)))
    }
  }
}
