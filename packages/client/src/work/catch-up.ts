// Follows the inbox: pulls what was missed, takes what comes live, and acknowledges what is committed.
import {
  defaultWireLimits,
  mayBeTriedAgain,
  type DataOf,
  type Pulled,
  type ServerEvents,
  type TimelineHead,
} from '@rookery/protocol'
import type { Connection } from '../connection/connection.js'
import type { Session } from '../connection/session.js'
import { learnTimelines, startOver, takeFirstReady } from '../engine/answers.js'
import type { Engine } from './engine.js'
import { takeEntries, takePage, takeTimeline, type After } from '../engine/inbox.js'
import type { Step } from '../engine/step.js'
import type { Clock, Random } from '../ports/clock.js'
import { Naming } from './naming.js'

const ackAfterMs = 200
const againMs = 500

export interface CatchUpParts {
  readonly engine: Engine
  readonly connection: Connection
  readonly clock: Clock
  readonly random: Random
  /** The store failed: what came cannot be kept. */
  readonly failed: (error: unknown) => void
  /** A pull begins. */
  readonly began: () => void
  /** Everything up to the head is held. */
  readonly reached: (session: Session) => void
}

export class CatchUp {
  #session: Session | null = null
  #isPulling = false
  /** It was told during a pull that there is more. */
  #isTold = false
  #isAckDue = false
  /** What came live before a first login was committed; null after it. */
  #early: (() => void)[] | null = null
  readonly #naming = new Naming()
  #acked: Readonly<Record<string, number>> = {}
  #list = defaultWireLimits.list

  constructor(private readonly parts: CatchUpParts) {}

  /**
   * The positions of the next handshake. Timelines are named by the pulls that follow: how many a list may have is known
   * only then.
   */
  claim(): { since?: number; sinceAt?: number; epoch?: string } {
    const { meta } = this.parts.engine.mirror
    if (meta.epoch === undefined) return {}
    return { since: meta.seq, ...(meta.at !== undefined && { sinceAt: meta.at }), epoch: meta.epoch }
  }

  /** A session began. `hadSince`: its handshake named a position. */
  begin(session: Session, hadSince: boolean): void {
    const { ready } = session
    this.#session = session
    this.#isPulling = false
    this.#isTold = false
    this.#acked = {}
    this.#list = ready.limits.list
    if (!hadSince) return this.#firstLogin(session)
    if (ready.reset) this.#run(session, (step) => startOver(step, ready.epoch))
    this.pull()
  }

  end(): void {
    this.#session = null
    this.#early = null
  }

  /** All timelines are learnt before anything is committed: after a crash in between it is a first login again. */
  #firstLogin(session: Session): void {
    const { ready } = session
    this.#early = []
    const begun = (more: readonly TimelineHead[]): void => {
      this.#run(session, (step) => takeFirstReady(step, ready, more))
      const early = this.#early ?? []
      this.#early = null
      for (const take of early) take()
      this.#arrived(session)
    }
    if (ready.timelinesCursor === undefined) begun([])
    else this.#allTimelines(session, ready.timelinesCursor, [], begun)
  }

  entries(session: Session, { entries }: ServerEvents['entries']): void {
    this.#take(session, (step) => takeEntries(step, entries))
  }

  timeline(session: Session, { conversationId, messages }: ServerEvents['timeline']): void {
    this.#take(session, (step) => takeTimeline(step, conversationId, messages))
  }

  /** Pulls to the head. */
  pull(): void {
    const session = this.#session
    if (session === null) return
    if (this.#isPulling) {
      this.#isTold = true
      return
    }
    this.#isPulling = true
    this.#isTold = false
    this.parts.connection.catchingUp(session)
    this.#run(session, () => this.parts.began())
    this.#page(session)
  }

  /** Steps run in turn, so that the position is read when everything before is committed. */
  #page(session: Session): void {
    this.#run(session, () => {
      const { meta, positions } = this.parts.engine.mirror
      const at = meta.at === undefined ? {} : { sinceAt: meta.at }
      const named = this.#naming.next(positions, this.#list)
      const timelines = Object.keys(named).length === 0 ? {} : { timelines: named }
      session.call('pull', { since: meta.seq, ...at, ...timelines }, (answer) => {
        if (answer === null) return
        if (answer.ok) this.#took(session, answer.data as Pulled, named)
        else if (answer.error.code === 'UNAUTHENTICATED') this.parts.connection.reject(session)
        else if (!mayBeTriedAgain(answer.error.code)) this.parts.connection.replace(session, answer.error)
        else this.#later(session, answer.error.retryAfterMs ?? againMs, () => this.#page(session))
      })
    })
  }

  #took(session: Session, page: Pulled, named: Readonly<Record<string, number>>): void {
    if (page.reset) {
      this.#run(session, (step) => startOver(step, page.epoch))
      return this.#page(session)
    }
    this.#run(
      session,
      (step) => takePage(step, page, named),
      (isWhole) => this.#next(session, page, isWhole),
    )
  }

  #next(session: Session, page: Pulled, isWhole: boolean): void {
    // The entry that began a timeline may be gone. An empty page that is not the last shows that one is not known.
    const isEmpty = page.entries.length === 0 && page.timelines.every(({ messages }) => messages.length === 0)
    if (page.truncated || (page.more && isEmpty)) this.#listTimelines(session, undefined, () => this.#page(session))
    else if (page.more || !isWhole) this.#page(session)
    else {
      this.#isPulling = false
      this.#arrived(session)
      if (this.#isTold) this.pull()
    }
  }

  #arrived(session: Session): void {
    this.#run(session, () => {
      if (this.#isPulling) return
      this.#ack(session)
      this.parts.reached(session)
    })
  }

  #listTimelines(session: Session, cursor: string | undefined, done: () => void): void {
    this.#allTimelines(session, cursor, [], (timelines) => {
      this.#run(session, (step) => learnTimelines(step, timelines))
      done()
    })
  }

  #allTimelines(
    session: Session,
    cursor: string | undefined,
    known: readonly TimelineHead[],
    done: (timelines: readonly TimelineHead[]) => void,
  ): void {
    session.call('follows', cursor === undefined ? {} : { cursor }, (answer) => {
      if (answer === null) return
      if (!answer.ok) return this.#later(session, againMs, () => this.#allTimelines(session, cursor, known, done))
      const { timelines, cursor: next } = answer.data as DataOf<'follows'>
      const all = [...known, ...timelines]
      if (next === undefined) done(all)
      else this.#allTimelines(session, next, all, done)
    })
  }

  #take(session: Session, take: (step: Step) => Promise<After>): void {
    if (this.#early !== null) {
      this.#early.push(() => this.#take(session, take))
      return
    }
    this.#run(session, take, (after) => {
      if (after === 'pull') this.pull()
      else if (after === 'ack') this.#ack(session)
    })
  }

  /** After the commit, and not for each message. */
  #ack(session: Session): void {
    if (this.#isAckDue) return
    this.#isAckDue = true
    this.parts.clock.setTimeout(() => {
      this.#isAckDue = false
      if (this.#session === null) return
      const { meta, positions } = this.parts.engine.mirror
      const moved = Object.entries(positions).filter(([id, seq]) => this.#acked[id] !== seq)
      const timelines = Object.fromEntries(moved.slice(0, this.#list))
      this.#acked = { ...this.#acked, ...timelines }
      this.#session.tell('ack', { seq: meta.seq, ...(moved.length > 0 && { timelines }) })
      if (moved.length > this.#list) this.#ack(session)
    }, ackAfterMs)
  }

  #run<T>(session: Session, take: (step: Step) => T | Promise<T>, then?: (result: T) => void): void {
    this.parts.engine
      .run((step) => (session.isOver ? undefined : take(step)))
      .then(
        (result) => {
          if (!session.isOver && result !== undefined) then?.(result)
        },
        (error: unknown) => {
          if (!session.isOver) this.parts.failed(error)
        },
      )
  }

  #later(session: Session, delayMs: number, run: () => void): void {
    this.parts.clock.setTimeout(
      () => {
        if (!session.isOver) run()
      },
      delayMs + this.parts.random.next() * againMs,
    )
  }
}
