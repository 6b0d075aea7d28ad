// Reads. Those that arrive while every connection is busy wait, and then share one round trip. Each read has its own
// snapshot, which is taken after the call.
import { StorageError } from '@rookery/core'
import type { Pool } from '../../pool.js'
import type { ReadArgs, ReadName, ReadResult } from '../../reads.js'
import { failureOf } from '../faults.js'
import { isFromServer, LinkLost, type Link, type Row } from '../link.js'
import type { Sql } from '../sql.js'
import { queries } from './queries.js'
import { again, type Query } from './query.js'

/** At most this many reads share a round trip, because a slow one delays those after it. */
const togetherMax = 16

interface Waiting {
  readonly text: string
  readonly deadlineMs: number
  answer(rows: readonly Row[]): void
  fail(error: unknown): void
}

export class Reader {
  #waiting: Waiting[] = []
  #isScheduled = false

  constructor(
    private readonly pool: Pool<Link>,
    private readonly sql: Sql,
    private readonly callTimeoutMs: number,
  ) {}

  /** @throws StorageError */
  async read<Name extends ReadName>(name: Name, args: ReadArgs<Name>): Promise<ReadResult<Name>> {
    const definition = queries[name] as unknown as Query<ReadArgs<Name>, ReadResult<Name>>
    const deadlineMs = performance.now() + this.callTimeoutMs
    const text = definition.text(this.sql, args)
    if (text === null) return this.#again(definition, args, deadlineMs)
    const rows = await new Promise<readonly Row[]>((answer, fail) => {
      this.#waiting.push({ text, deadlineMs, answer, fail })
      this.#schedule()
    })
    const result = definition.decode(rows, args)
    return result === again ? this.#again(definition, args, deadlineMs) : result
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    // Reads of one turn share a round trip.
    queueMicrotask(() => {
      this.#isScheduled = false
      while (this.#waiting.length > 0 && this.pool.hasFree) void this.#run(this.#waiting.splice(0, togetherMax))
    })
  }

  async #run(reads: readonly Waiting[]): Promise<void> {
    const last = Math.max(...reads.map((one) => one.deadlineMs))
    try {
      await this.#with(last, (link) => this.#gathered(link, reads))
    } catch (error) {
      for (const one of reads) one.fail(failureOf(error))
    }
    if (this.#waiting.length > 0) this.#schedule()
  }

  /** A broken connection does not mean that the read is wrong, so it runs once more on another connection. */
  async #with<T>(deadlineMs: number, use: (link: Link) => Promise<T>): Promise<T> {
    try {
      return await this.pool.with(this.#restMs(deadlineMs), use)
    } catch (error) {
      if (!(error instanceof LinkLost) || !error.isSent) throw error
      return await this.pool.with(this.#restMs(deadlineMs), use)
    }
  }

  async #gathered(link: Link, reads: readonly Waiting[]): Promise<void> {
    const restMs = this.#restMs(Math.max(...reads.map((one) => one.deadlineMs)))
    try {
      const answers = await link.ask(
        reads.map((one) => one.text),
        restMs,
      )
      for (const [index, one] of reads.entries()) one.answer(answers[index] ?? [])
    } catch (error) {
      if (!isFromServer(error) || !link.isOpen || reads.length === 1) throw error
      // One of the reads causes the error, so each runs alone and only that one fails.
      for (const one of reads) await this.#gathered(link, [one]).catch((reason: unknown) => one.fail(failureOf(reason)))
    }
  }

  /** Runs several statements in one snapshot. */
  async #again<Args, Result>(definition: Query<Args, Result>, args: Args, deadlineMs: number): Promise<Result> {
    if (definition.together === undefined) throw new Error('a read that is asked again knows how')
    try {
      return await this.#with(deadlineMs, async (link) => {
        let begin: readonly string[] = ['START TRANSACTION READ ONLY, WITH CONSISTENT SNAPSHOT']
        try {
          return await definition.together!(
            async (...statements) => {
              const answers = await link.ask([...begin, ...statements], this.#restMs(deadlineMs))
              const first = begin.length
              begin = []
              return answers.slice(first)
            },
            this.sql,
            args,
          )
        } finally {
          if (link.isOpen) await link.ask(['COMMIT'], this.#restMs(deadlineMs)).catch(() => link.destroy())
        }
      })
    } catch (error) {
      throw failureOf(error)
    }
  }

  #restMs(deadlineMs: number): number {
    const restMs = Math.ceil(deadlineMs - performance.now())
    if (restMs > 0) return restMs
    throw new StorageError('the database did not answer in time', 'none')
  }
}
