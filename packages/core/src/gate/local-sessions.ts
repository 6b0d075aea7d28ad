// The gate's side of what logic asks for: delivers commits to this node's sessions, and closes sessions.
import type {
  ConversationId,
  JsonText,
  KickedBy,
  KickReason,
  Seq,
  ServerEvent,
  SessionId,
  UserId,
} from '@rookery/protocol'
import type { FollowFact, Sessions, Which } from '../logic/delivery/sessions.js'
import type { EventJson } from '../model/events.js'
import type { Frame } from './connection.js'
import type { Followed } from './followed.js'
import type { Registry } from './registry.js'
import type { Session } from './session.js'
import { entriesFrame } from './feed.js'

export class LocalSessions implements Sessions {
  constructor(
    private readonly registry: Registry,
    private readonly followed: Followed,
    private readonly checkSoon: (userId: UserId) => void,
    private readonly tellWatchers: (userIds: readonly UserId[]) => void,
    private readonly mayDeliver: () => boolean,
  ) {}

  has(userId: UserId): boolean {
    return this.registry.of(userId).length > 0
  }

  deliver(userId: UserId, from: Seq, entries: readonly JsonText[], facts: readonly FollowFact[] | null): void {
    const sessions = this.registry.of(userId)
    if (sessions.length === 0 || !this.mayDeliver()) return
    let shared: Frame | undefined
    const frame = (): Frame => (shared ??= entriesFrame(entries))
    const run = { from, texts: entries, facts }
    for (const session of sessions) session.routed(run, frame)
  }

  deliverTimeline(conversation: ConversationId, version: number, from: Seq, messages: readonly JsonText[]): void {
    if (this.mayDeliver()) this.followed.deliver(conversation, version, from, messages)
  }

  check(userId: UserId): void {
    if (this.registry.of(userId).length > 0) this.checkSoon(userId)
  }

  mend(userId: UserId): void {
    for (const session of this.registry.of(userId)) session.behind()
  }

  hint<Event extends ServerEvent>(userId: UserId, event: Event, json: EventJson<NoInfer<Event>>): void {
    if (!this.mayDeliver()) return
    const frame: Frame = { event, json }
    for (const session of this.registry.of(userId)) if (session.mode === 'following') session.emitFrame(frame)
  }

  ask<Event extends ServerEvent>(
    userId: UserId,
    event: Event,
    json: EventJson<NoInfer<Event>>,
    acknowledged: () => void,
  ): number {
    const frame: Frame = { event, json }
    const sessions = this.mayDeliver() ? this.registry.of(userId) : []
    for (const session of sessions) session.emitFrame(frame, acknowledged)
    return sessions.length
  }

  closeAll(userId: UserId, which: Which, reason: KickReason): void {
    for (const session of this.registry.of(userId))
      if (isMeant(session, which)) session.end(reason, null)
      else session.heardEpoch = Math.max(session.heardEpoch, which.before ?? 0)
  }

  close(sessionId: SessionId, reason: KickReason | null, by: KickedBy | null): void {
    this.registry.get(sessionId)?.end(reason, by)
  }

  presenceChanged(userId: UserId): void {
    this.tellWatchers([userId])
  }
}

const isMeant = (session: Session, { deviceType, token, before }: Which): boolean =>
  (deviceType === undefined || session.deviceType === deviceType) &&
  (token === undefined || session.token.is(token)) &&
  (before === undefined || session.loginEpoch < before)
