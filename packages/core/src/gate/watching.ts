// Sessions that asked to be told when others come and go.
import type { Online } from '../logic/online.js'
import type { JsonText, NodeId, UserId } from '../model/ids.js'
import type { Logger } from '../ports/logger.js'
import type { Presence } from '../ports/presence.js'
import type { Registry } from './registry.js'
import type { Session } from './session.js'

interface Parts {
  readonly nodeId: NodeId
  readonly boot: string
  readonly presence: Presence
  readonly online: Online
  readonly registry: Registry
  readonly logger: Logger
}

export class Watching {
  private isDue = false
  /** What was last told of each watched user. */
  private readonly told = new Map<UserId, JsonText>()

  constructor(private readonly parts: Parts) {}

  /**
   * Replaces whom a session watches; null for nobody. Presence is told soon, calls of one turn together.
   * @param now the device types of those who are online, as the session is being told in its answer
   */
  watch(session: Session, users: readonly UserId[] | null, now: ReadonlyMap<UserId, readonly string[]>): void {
    this.parts.registry.watch(session, users === null ? null : new Set(users))
    for (const user of users ?? []) if (!this.told.has(user)) this.told.set(user, stateJson(user, now.get(user)))
    if (this.isDue) return
    this.isDue = true
    queueMicrotask(() => {
      this.isDue = false
      void this.refresh()
    })
  }

  /** Tells presence whom this node watches, and watchers what they missed. Never rejects. */
  async refresh(): Promise<void> {
    const { registry, presence, nodeId, boot, logger } = this.parts
    const watched = registry.watched()
    const wanted = new Set(watched)
    for (const user of this.told.keys()) if (!wanted.has(user)) this.told.delete(user)
    try {
      await presence.watch(nodeId, boot, watched)
    } catch (error) {
      logger.error('presence was not told who is watched; the next heartbeat tries again', error)
    }
    await this.tell(watched)
  }

  /** Tells watchers how users stand now, where that differs from what they were told. Never rejects. */
  async tell(userIds: readonly UserId[]): Promise<void> {
    const { registry, online, logger } = this.parts
    const watched = userIds.filter((user) => registry.isWatched(user))
    if (watched.length === 0) return
    try {
      const types = await online.locate(watched)
      for (const user of watched) {
        const json = stateJson(user, types.get(user))
        if (this.told.get(user) === json) continue
        this.told.set(user, json)
        const frame = { event: 'presence', json }
        for (const session of registry.watchersOf(user)) session.emitFrame(frame)
      }
    } catch (error) {
      logger.error('presence did not answer; the next heartbeat asks again', error)
    }
  }
}

const stateJson = (userId: UserId, devices: readonly string[] = []): JsonText =>
  JSON.stringify({ userId, online: devices.length > 0, devices })
