// Sessions that asked to be told when others come and go. Whether they may still see them is asked before each event:
// memberships end, and the contact policy changes its mind.
import type { DeviceType, NodeId, UserId } from '@rookery/protocol'
import type { Online } from '../logic/delivery/online.js'
import { presenceJson, type EventJson } from '../model/events.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Presence } from '../ports/presence.js'
import type { Frame } from './connection.js'
import type { Registry } from './registry.js'
import type { Session } from './session.js'

interface Parts {
  readonly nodeId: NodeId
  readonly boot: string
  readonly presence: Presence
  readonly online: Online
  readonly registry: Registry
  readonly clock: Clock
  readonly logger: Logger
}

/** Subscriptions of this time are told to presence together. */
const gatherMs = 50

export class Watching {
  private isDue = false
  /** When presence may be told again, monotonic ms. */
  private nextMs = 0
  /** Users that nobody here watched when presence was told last. */
  private readonly begun = new Set<UserId>()
  /** What was last told of each watched user. */
  private readonly told = new Map<UserId, EventJson<'presence'>>()
  /** Users whose watchers are to be told. */
  private readonly changed = new Set<UserId>()
  private isTelling = false
  /** Whom presence was told to watch for this node. */
  private known = new Set<UserId>()
  /** Presence may not know all of them: it forgot, or a call failed. */
  private isUnsure = false
  /** The last call of presence: one goes after the other, so that an older one changes nothing afterwards. */
  private calling: Promise<void> = Promise.resolve()
  /** Of whom the contact policy is being asked, with the watchers to ask it about last. */
  private readonly asking = new Map<UserId, readonly UserId[]>()

  constructor(private readonly parts: Parts) {}

  /**
   * Replaces whom a session watches; null for nobody. Presence is told soon where that begins with users that nobody here
   * watched, and only those are asked for again. Of whom nobody watches any more the next heartbeat tells.
   * @param now the device types of those who are online, as the session is being told in its answer
   */
  watch(session: Session, users: readonly UserId[] | null, now: ReadonlyMap<UserId, readonly string[]>): void {
    const { registry } = this.parts
    const others: UserId[] = []
    for (const user of users ?? []) {
      const json = stateJson(user, now.get(user))
      if (!registry.isWatched(user)) {
        this.begun.add(user)
        this.told.set(user, json)
      } else if (this.told.get(user) !== json) others.push(user)
    }
    registry.watch(session, users === null ? null : new Set(users))
    // What this session was told is not what the others were told.
    if (others.length > 0) this.tell(others)
    if (this.begun.size > 0) this.tellBegunSoon()
  }

  private tellBegunSoon(): void {
    if (this.isDue) return
    this.isDue = true
    const { clock } = this.parts
    const run = (): void => {
      this.isDue = false
      this.nextMs = clock.monotonic() + gatherMs
      void this.tellBegun()
    }
    const waitMs = this.nextMs - clock.monotonic()
    if (waitMs > 0) clock.setTimeout(run, waitMs)
    else queueMicrotask(run)
  }

  // Presence knows first, then they are asked for: whoever comes or goes between is seen by one of the two.
  private async tellBegun(): Promise<void> {
    const users = [...this.begun]
    this.begun.clear()
    await this.tellPresence()
    this.tell(users)
  }

  /** Tells presence what it does not know of whom this node watches, and watchers what they missed. Never rejects. */
  async refresh(): Promise<void> {
    const { registry } = this.parts
    for (const user of this.told.keys()) if (!registry.isWatched(user)) this.told.delete(user)
    await this.tellPresence()
    // Not waited for: however long it takes, the next heartbeat comes in time.
    this.tell(registry.watched())
  }

  /** Presence has lost what it knew of this node: it is told everything again. */
  forgotten(): Promise<void> {
    this.isUnsure = true
    return this.refresh()
  }

  private tellPresence(): Promise<void> {
    this.calling = this.calling.then(() => this.tellDifference())
    return this.calling
  }

  private async tellDifference(): Promise<void> {
    const { presence, nodeId, boot, registry, logger } = this.parts
    const { known, isUnsure } = this
    const watched = registry.watched()
    const added = isUnsure ? watched : watched.filter((user) => !known.has(user))
    const removed = [...known].filter((user) => !registry.isWatched(user))
    if (added.length === 0 && removed.length === 0) return
    this.isUnsure = false
    this.known = new Set(watched)
    try {
      await presence.watch(nodeId, boot, added, removed)
    } catch (error) {
      this.isUnsure = true
      for (const user of removed) this.known.add(user)
      logger.error('presence was not told who is watched; the next heartbeat tries again', error)
    }
  }

  /** Tells watchers how users stand now, where that differs from what they were told. */
  tell(userIds: readonly UserId[]): void {
    for (const user of userIds) if (this.parts.registry.isWatched(user)) this.changed.add(user)
    // One round at a time, so that a crowd that comes or goes at once does not take all of storage's connections.
    if (this.isTelling || this.changed.size === 0) return
    this.isTelling = true
    void this.tellChanged()
  }

  private async tellChanged(): Promise<void> {
    const { online, logger } = this.parts
    while (this.changed.size > 0) {
      const users = [...this.changed]
      this.changed.clear()
      try {
        const types = await online.locate(users)
        for (const user of users) await this.tellOf(user, stateJson(user, types.get(user)))
      } catch (error) {
        logger.error('watchers could not be told who comes and goes; the next heartbeat tries again', error)
      }
    }
    // In the turn in which nobody was left: whoever changes after it begins the next round.
    this.isTelling = false
  }

  private async tellOf(user: UserId, json: EventJson<'presence'>): Promise<void> {
    if (this.told.get(user) === json) return
    const sharing = new Set<UserId>()
    const asked = new Set<UserId>()
    // Who begins to watch meanwhile is asked about, too, so that nobody is left out when the state counts as told.
    for (let rest = this.watchers(user, asked); rest.length > 0; rest = this.watchers(user, asked)) {
      for (const watcher of rest) asked.add(watcher)
      for (const watcher of await this.parts.online.sharing(user, rest)) sharing.add(watcher)
    }
    this.told.set(user, json)
    this.emit(user, sharing)
    const others = [...asked].filter((watcher) => !sharing.has(watcher))
    if (others.length > 0) void this.askPolicy(user, others)
  }

  // Apart from the round: a policy that is slow to answer about some delays nobody else. Of one user it is asked one time
  // after the other, and what counts when it has answered is told.
  private async askPolicy(user: UserId, watchers: readonly UserId[]): Promise<void> {
    const isAsking = this.asking.has(user)
    this.asking.set(user, watchers)
    if (isAsking) return
    for (let asked: unknown = null, next = watchers; next !== asked; next = this.asking.get(user) ?? next) {
      asked = next
      this.emit(user, new Set(await this.parts.online.shownByPolicy(user, next)))
    }
    this.asking.delete(user)
  }

  /** The users who watch another, without some. */
  private watchers(user: UserId, without: ReadonlySet<UserId>): readonly UserId[] {
    const users = new Set([...this.parts.registry.watchersOf(user)].map(({ userId }) => userId))
    return [...users].filter((watcher) => !without.has(watcher))
  }

  private emit(user: UserId, seeing: ReadonlySet<UserId>): void {
    const json = this.told.get(user)
    if (json === undefined || seeing.size === 0) return
    const frame: Frame<'presence'> = { event: 'presence', json }
    for (const session of this.parts.registry.watchersOf(user)) if (seeing.has(session.userId)) session.emitFrame(frame)
  }
}

const stateJson = (userId: UserId, devices: readonly DeviceType[] = []): EventJson<'presence'> =>
  presenceJson({ userId, online: devices.length > 0, devices })
