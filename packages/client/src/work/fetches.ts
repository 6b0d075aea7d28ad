// Asks the server for what the client is not sure of: conversations whose numbers are stale, and the whole list once.
import { mayBeTriedAgain, type DataOf } from '@rookery/protocol'
import type { Session } from '../connection/session.js'
import { takeConversation, takeNotFound, takeRead } from '../engine/answers.js'
import type { Engine } from './engine.js'
import type { Clock, Random } from '../ports/clock.js'
import type { RawAnswer } from '../ports/link.js'

export interface FetchParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: Random
  readonly failed: (error: unknown) => void
}

const atOnceMost = 4
const againMs = 500

export class Fetches {
  #session: Session | null = null
  readonly #asked = new Set<string>()
  #isListing = false
  /** Answers about conversations, and read positions, wait until the inbox is read. */
  #isOpen = false

  constructor(private readonly parts: FetchParts) {}

  begin(session: Session): void {
    this.#session = session
    this.#asked.clear()
    this.#isListing = false
    this.#isOpen = false
  }

  end(): void {
    this.#session = null
    this.#isOpen = false
  }

  /** The inbox is read: what is stale now must be asked for. */
  open(): void {
    this.#isOpen = true
    this.look()
  }

  /** Everything that was to be asked has been. */
  get isDone(): boolean {
    return this.#isOpen && this.parts.engine.mirror.meta.isListed
  }

  look(): void {
    const session = this.#session
    if (session === null || !this.#isOpen) return
    const { mirror } = this.parts.engine
    if (!mirror.meta.isListed && !this.#isListing) this.#list(session)
    for (const row of mirror.conversations.values()) {
      if (this.#asked.size >= atOnceMost) return
      if (row.readTo !== undefined) this.#read(session, row.conversationId, row.readTo)
      else if (row.isStale) this.#one(session, row.conversationId)
    }
  }

  #list(session: Session, cursor?: string): void {
    this.#isListing = true
    const askedAt = this.parts.engine.mirror.meta.seq
    session.call('conversations', cursor === undefined ? {} : { cursor }, (answer) => {
      if (answer === null) return
      if (!answer.ok) return this.#later(session, answer, () => this.#list(session, cursor))
      const page = answer.data as DataOf<'conversations'>
      this.#take(session, async () => {
        await this.parts.engine.run(async (step) => {
          for (const one of page.conversations) await takeConversation(step, one, askedAt)
          if (page.cursor === undefined) step.meta = { ...step.meta, isListed: true }
        })
        if (page.cursor !== undefined && !session.isOver) return this.#list(session, page.cursor)
        this.#isListing = false
        this.look()
      })
    })
  }

  #one(session: Session, conversationId: string): void {
    if (this.#asked.has(conversationId)) return
    this.#asked.add(conversationId)
    const { mirror } = this.parts.engine
    const [askedAt, head] = [mirror.meta.seq, mirror.conversations.get(conversationId)?.seq ?? 0]
    session.call('conversation.get', { conversationId }, (answer) => {
      if (answer === null) return
      const isGone = !answer.ok && answer.error.code === 'NOT_FOUND'
      if (!answer.ok && !isGone) return this.#later(session, answer, () => this.#done(session, conversationId))
      this.#take(session, async () => {
        await this.parts.engine.run((step) =>
          answer.ok
            ? takeConversation(step, answer.data as DataOf<'conversation.get'>, askedAt)
            : takeNotFound(step, conversationId, head),
        )
        this.#done(session, conversationId)
      })
    })
  }

  #read(session: Session, conversationId: string, seq: number): void {
    if (this.#asked.has(conversationId)) return
    this.#asked.add(conversationId)
    session.call('read', { conversationId, seq }, (answer) => {
      if (answer === null) return
      if (!answer.ok && mayBeTriedAgain(answer.error.code))
        return this.#later(session, answer, () => this.#done(session, conversationId))
      this.#take(session, async () => {
        await this.parts.engine.run((step) =>
          takeRead(step, conversationId, seq, answer.ok ? (answer.data as DataOf<'read'>) : null),
        )
        this.#done(session, conversationId)
      })
    })
  }

  #done(session: Session, conversationId: string): void {
    if (session !== this.#session) return
    this.#asked.delete(conversationId)
    this.look()
  }

  #take(session: Session, take: () => Promise<void>): void {
    take().catch((error: unknown) => {
      if (!session.isOver) this.parts.failed(error)
    })
  }

  #later(session: Session, answer: RawAnswer, run: () => void): void {
    const afterMs = answer.ok ? 0 : (answer.error.retryAfterMs ?? againMs)
    this.parts.clock.setTimeout(
      () => {
        if (session === this.#session) run()
      },
      afterMs + this.parts.random.next() * againMs,
    )
  }
}
