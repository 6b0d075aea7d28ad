// The gate's side of what logic asks of it: this node's sessions get what was committed, and go when they must.
import type { KickedBy, KickReason, Sessions, Which } from '../logic/sessions.js'
import type { JsonText, Seq, SessionId, UserId } from '../model/ids.js'
import type { Frame } from './connection.js'
import type { Registry } from './registry.js'
import { entriesFrame, type Session } from './session.js'

export class LocalSessions implements Sessions {
  constructor(
    private readonly registry: Registry,
    private readonly checkSoon: (userId: UserId) => void,
    private readonly tellWatchers: (userIds: readonly UserId[]) => void,
  ) {}

  deliver(userId: UserId, from: Seq, entries: readonly JsonText[]): void {
    const sessions = this.registry.of(userId)
    if (sessions.length === 0) return
    let shared: Frame | undefined
    const frame = (): Frame => (shared ??= entriesFrame(entries))
    for (const session of sessions) session.routed(from, entries, frame)
  }

  check(userId: UserId): void {
    if (this.registry.of(userId).length > 0) this.checkSoon(userId)
  }

  hint(userId: UserId, event: string, json: JsonText): void {
    const frame: Frame = { event, json }
    for (const session of this.registry.of(userId)) if (session.standing.mode === 'following') session.emitFrame(frame)
  }

  ask(userId: UserId, event: string, json: JsonText, acknowledged: () => void): number {
    const frame: Frame = { event, json }
    const sessions = this.registry.of(userId)
    for (const session of sessions) session.emitFrame(frame, acknowledged)
    return sessions.length
  }

  closeAll(userId: UserId, which: Which, reason: KickReason): void {
    for (const session of this.registry.of(userId)) if (isMeant(session, which)) session.end(reason, null)
  }

  close(sessionId: SessionId, reason: KickReason | null, by: KickedBy | null): void {
    this.registry.get(sessionId)?.end(reason, by)
  }

  presenceChanged(userId: UserId): void {
    this.tellWatchers([userId])
  }
}

const isMeant = (session: Session, { deviceType, token, sessions }: Which): boolean =>
  (deviceType === undefined || session.deviceType === deviceType) &&
  (token === undefined || session.tokenDigest === token) &&
  (sessions === undefined || sessions.includes(session.sessionId))
