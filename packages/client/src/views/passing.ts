// Who is typing, and who is online: nothing of it is stored, and it ends by itself.
import type { UserPresence } from '@rookery/protocol'
import type { Backend } from '../ports/backend.js'
import type { Clock, Timer } from '../ports/clock.js'
import { Cell, type Observable } from './observable.js'

/** Somebody who typed is taken to type for so long, ms. */
const typingMs = 6_000
/** A keystroke is told at most so often, ms. */
const keystrokeMs = 3_000

export class Typing {
  readonly #cells = new Map<string, Cell<readonly string[]>>()
  readonly #timers = new Map<string, Timer>()
  readonly #told = new Map<string, number>()

  constructor(
    private readonly backend: Backend,
    private readonly clock: Clock,
  ) {
    backend.onPassing((passing) => {
      if (passing.kind === 'typing') this.#heard(passing.conversationId, passing.userId)
    })
    // Whoever has sent what was typed does not type it any more.
    backend.onSignal((signal) => {
      if (signal.kind === 'message' && signal.message.from !== null)
        this.#over(signal.message.conversationId, signal.message.from)
    })
  }

  /** The users who type in this conversation. */
  in(conversationId: string): Observable<readonly string[]> {
    return this.#cell(conversationId)
  }

  /** The person pressed a key. */
  keystroke(conversationId: string): void {
    const nowMs = this.clock.monotonic()
    if (nowMs - (this.#told.get(conversationId) ?? -Infinity) < keystrokeMs) return
    this.#told.set(conversationId, nowMs)
    void this.backend.commands.tell('typing', { conversationId })
  }

  #heard(conversationId: string, userId: string): void {
    const cell = this.#cell(conversationId)
    const timer = this.#timers.get(`${conversationId} ${userId}`)
    if (timer !== undefined) this.clock.clearTimeout(timer)
    if (!cell.getSnapshot().includes(userId)) cell.set([...cell.getSnapshot(), userId])
    this.#timers.set(
      `${conversationId} ${userId}`,
      this.clock.setTimeout(() => this.#over(conversationId, userId), typingMs),
    )
  }

  #over(conversationId: string, userId: string): void {
    const cell = this.#cells.get(conversationId)
    const place = `${conversationId} ${userId}`
    const timer = this.#timers.get(place)
    if (timer === undefined) return
    this.clock.clearTimeout(timer)
    this.#timers.delete(place)
    cell?.set(cell.getSnapshot().filter((other) => other !== userId))
  }

  #cell(conversationId: string): Cell<readonly string[]> {
    const cell = this.#cells.get(conversationId) ?? new Cell<readonly string[]>([])
    this.#cells.set(conversationId, cell)
    return cell
  }
}

/** Who is online, of those whom some part of the app watches. */
export class Presences {
  readonly #users = new Map<string, Cell<UserPresence>>()
  /** How many watch each user. */
  readonly #watched = new Map<string, number>()
  #isDue = false

  constructor(private readonly backend: Backend) {
    backend.onPassing((passing) => {
      if (passing.kind === 'presence') this.#cell(passing.user.userId).set(passing.user)
    })
    backend.status.subscribe(() => {
      if (backend.status.getSnapshot().status === 'live') this.#ask()
    })
  }

  /** Watched while somebody subscribes; while nothing is known a user is offline. */
  of(ids: readonly string[]): Observable<readonly UserPresence[]> {
    let last: readonly UserPresence[] = []
    const cells = ids.map((id) => this.#cell(id))
    return {
      getSnapshot: () => {
        const now = cells.map((cell) => cell.getSnapshot())
        if (now.length !== last.length || now.some((user, index) => user !== last[index])) last = now
        return last
      },
      subscribe: (changed) => {
        const ends = cells.map((cell) => cell.subscribe(changed))
        for (const id of ids) this.#watched.set(id, (this.#watched.get(id) ?? 0) + 1)
        this.#ask()
        return () => {
          for (const end of ends.splice(0)) end()
          for (const id of ids) {
            const left = (this.#watched.get(id) ?? 1) - 1
            if (left > 0) this.#watched.set(id, left)
            else this.#watched.delete(id)
          }
        }
      },
    }
  }

  /** One request for everything that subscribes in this turn. */
  #ask(): void {
    if (this.#isDue || this.#watched.size === 0 || this.backend.status.getSnapshot().status !== 'live') return
    this.#isDue = true
    void Promise.resolve().then(async () => {
      this.#isDue = false
      const userIds = [...this.#watched.keys()].slice(0, watchedMost)
      const answer = await this.backend.commands.ask('presence', { userIds, subscribe: true }, true).catch(() => null)
      for (const user of (answer as { users: UserPresence[] } | null)?.users ?? []) this.#cell(user.userId).set(user)
    })
  }

  #cell(userId: string): Cell<UserPresence> {
    const cell = this.#users.get(userId) ?? new Cell<UserPresence>({ userId, online: false, devices: [] })
    this.#users.set(userId, cell)
    return cell
  }
}

/** The default of `limits.list`. */
const watchedMost = 200
