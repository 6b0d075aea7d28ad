// Reads. Those that arrive while every connection is busy wait, and then share one round trip. Each read has its own
// snapshot, which is taken after the call.
import { StorageError } from '@rookery/core'
import { failureOf } from '../faults.js'
import { isFromServer, LinkLost, type Link, type Step } from '../link.js'
import type { Pool } from '../../pool.js'
import type { ReadArgs, ReadName, ReadResult } from '../../reads.js'
import { Ambiguous } from './page-text.js'
import { queries, queryFor, type QueryName } from './queries.js'
import type { Query } from './query.js'
import type { Row } from './row.js'

/**
 * The most weight of the reads in one round trip: a slow read delays those after it, while other connections are idle.
 */
const weightMax = 16

interface Waiting {
  readonly step: Step
  readonly weight: number
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
  read<Name extends ReadName>(name: Name, args: ReadArgs<Name>): Promise<ReadResult<Name>> {
    return this.#ask(...queryFor(name, args)) as Promise<ReadResult<Name>>
  }

  async #ask(name: QueryName, args: unknown): Promise<unknown> {
    const definition = queries[name] as unknown as Query<unknown, unknown>
    const rows = await this.#rows({ statement: name, values: definition.values(args) }, definition.weight ?? 1)
    try {
      return definition.decode(rows, args)
    } catch (error) {
      if (!(error instanceof Ambiguous) || definition.otherwise === undefined) throw error
      return this.#ask(definition.otherwise as QueryName, args)
    }
  }

  #rows(step: Step, weight: number): Promise<readonly Row[]> {
    return new Promise((answer, fail) => {
      const deadlineMs = performance.now() + this.callTimeoutMs
      this.#waiting.push({ step, weight, deadlineMs, answer, fail })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    // Reads of one turn share a round trip.
    queueMicrotask(() => {
      this.#isScheduled = false
      while (this.#waiting.length > 0 && this.pool.hasFree) void this.#run(this.#next())
    })
  }

  /** As many reads as may share a round trip, but at least one. */
  #next(): readonly Waiting[] {
    let weight = 0
    const end = this.#waiting.findIndex((one, index) => (weight += one.weight) > weightMax && index > 0)
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  async #run(reads: readonly Waiting[]): Promise<void> {
    try {
      await this.pool.with(this.callTimeoutMs, (link) => this.#together(link, reads))
    } catch (error) {
      // A broken connection does not mean that the read is wrong, so it runs once more on a new connection.
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
      // One of the reads causes the error, so each runs alone and only that one fails.
      for (const one of reads) await this.#together(link, [one]).catch((reason: unknown) => one.fail(failureOf(reason)))
    }
  }
}
