// The sessions of this node, by id, by user, and by the users that they watch.
import type { SessionId, UserId } from '@rookery/protocol'
import type { Session } from './session.js'

export class Registry {
  private readonly byId = new Map<SessionId, Session>()
  private readonly byUser = new Map<UserId, Session[]>()
  private readonly watchers = new Map<UserId, Set<Session>>()
  /** The users whose presence each session watches. Most sessions watch nobody and need no memory here. */
  private readonly watching = new Map<Session, ReadonlySet<UserId>>()

  get size(): number {
    return this.byId.size
  }

  all(): IterableIterator<Session> {
    return this.byId.values()
  }

  users(): UserId[] {
    return [...this.byUser.keys()]
  }

  get(id: SessionId): Session | undefined {
    return this.byId.get(id)
  }

  of(userId: UserId): readonly Session[] {
    return this.byUser.get(userId) ?? []
  }

  add(session: Session): void {
    this.byId.set(session.sessionId, session)
    const sessions = this.byUser.get(session.userId)
    // A new list, so that loops over the old one are not disturbed.
    this.byUser.set(session.userId, sessions === undefined ? [session] : [...sessions, session])
  }

  remove(session: Session): void {
    if (!this.byId.delete(session.sessionId)) return
    const left = this.of(session.userId).filter((other) => other !== session)
    if (left.length === 0) this.byUser.delete(session.userId)
    else this.byUser.set(session.userId, left)
    this.watch(session, null)
  }

  /** Replaces the set of users that a session watches. */
  watch(session: Session, users: ReadonlySet<UserId> | null): void {
    for (const user of this.watching.get(session) ?? []) {
      const sessions = this.watchers.get(user)
      sessions?.delete(session)
      if (sessions?.size === 0) this.watchers.delete(user)
    }
    if (users === null) this.watching.delete(session)
    else this.watching.set(session, users)
    for (const user of users ?? []) {
      const sessions = this.watchers.get(user)
      if (sessions === undefined) this.watchers.set(user, new Set([session]))
      else sessions.add(session)
    }
  }

  watched(): UserId[] {
    return [...this.watchers.keys()]
  }

  isWatched(userId: UserId): boolean {
    return this.watchers.has(userId)
  }

  watchersOf(userId: UserId): Iterable<Session> {
    return this.watchers.get(userId) ?? []
  }
}
