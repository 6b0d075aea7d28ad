// The gate's room: sessions of this node, their positions, and their requests.
import type { ConversationId, NodeId, UserId } from '@rookery/protocol'
import type { Authenticator } from '../logic/access/authenticate.js'
import type { Cluster } from '../logic/delivery/cluster.js'
import type { Deliveries } from '../logic/delivery/deliveries.js'
import type { Online } from '../logic/delivery/online.js'
import type { Groups } from '../logic/groups/groups.js'
import type { Topics } from '../logic/host/topics.js'
import type { Changes } from '../logic/messages/changes.js'
import type { Send } from '../logic/messages/send.js'
import type { Push } from '../logic/push/room.js'
import type { OwnMarks } from '../logic/reading/own-marks.js'
import type { Roaming } from '../logic/reading/roaming.js'
import type { Writer } from '../logic/storing/writer.js'
import type { Surroundings } from '../logic/surroundings.js'
import type { Rate, Timing } from '../options/limits.js'
import type { Bus } from '../ports/bus.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Handlers } from '../ports/host.js'
import type { Presence } from '../ports/presence.js'
import type { Storage } from '../ports/storage.js'
import { AfterLoss } from './after-loss.js'
import { FollowedTopics } from './followed-topics.js'
import { Followed } from './followed.js'
import { NodeGate } from './gate.js'
import { Heads } from './heads.js'
import { Heartbeat } from './heartbeat.js'
import { Lease } from './lease.js'
import { LocalSessions } from './local-sessions.js'
import { Logins } from './logins.js'
import { Registry } from './registry.js'
import { Requests } from './requests.js'
import { Slots } from './slots.js'
import { Watching } from './watching.js'

interface SessionNeeds {
  readonly bus: Bus | null
  readonly clock: Clock
  readonly timing: Timing
  readonly storage: Storage
  readonly logger: Logger
  /** Tells watching sessions that the presence of these users may have changed. */
  readonly tellWatchers: (userIds: readonly UserId[]) => void
  /** False while other nodes may hold what this node's sessions held. */
  readonly mayDeliver: () => boolean
}

/** The sessions for logic. They are made first, because logic needs them. */
export function localSessions(needs: SessionNeeds) {
  const { storage, bus, logger, mayDeliver, tellWatchers } = needs
  const registry = new Registry()
  const checkTimelineSoon = (conversation: ConversationId): void => heads.checkTimelineSoon(conversation)
  const topics = new FollowedTopics({ ...needs, checkSoon: checkTimelineSoon })
  const followed = new Followed(() => storage.groups, logger, checkTimelineSoon, topics)
  const heads = new Heads({ storage, registry, followed, logger })
  const sessions = new LocalSessions(
    registry,
    followed,
    (userId) => heads.checkSoon(userId),
    tellWatchers,
    // No other node can have taken what a lone node holds.
    bus === null ? () => true : mayDeliver,
  )
  return { registry, followed, heads, sessions }
}

interface Needs extends Surroundings {
  readonly nodeId: NodeId
  readonly boot: string
  readonly url: string | null
  /** The slot of each device type. */
  readonly deviceSlots: ReadonlyMap<string, string>
  readonly rate: Rate | null
  readonly storage: Storage
  readonly presence: Presence
  readonly handlers: Handlers | null
  /** The epoch of the storage, known once that has started. */
  readonly epoch: () => string
  readonly registry: Registry
  readonly followed: Followed
  readonly heads: Heads
  readonly authenticator: Authenticator
  readonly writer: Writer
  readonly cluster: Cluster
  readonly deliveries: Deliveries
  readonly online: Online
  readonly send: Send
  readonly changes: Changes
  readonly groups: Groups
  readonly ownMarks: OwnMarks
  readonly roaming: Roaming
  readonly topics: Topics
  readonly push: Push | null
}

export function gate(needs: Needs) {
  const { storage, registry, heads, cluster, clock, limits, rate, timing } = needs
  const logins = new Logins(storage)
  const watching = new Watching(needs)
  const retell = async () => {
    await Promise.all([slots.renewAll(), watching.forgotten()])
  }
  const afterLoss = new AfterLoss({ ...needs, retell, compareHeads: (wasGone) => heads.compareAll(wasGone) })
  const lease = new Lease({
    ...needs,
    sessions: () => registry.size,
    takesClients: () => nodeGate.takesClients,
    forgot: (wasGone) => afterLoss.forgot(wasGone),
    answered: () => cluster.placeAgain(),
  })
  const slots: Slots = new Slots({ ...needs, lease, logins, afterDoubt: () => afterLoss.missed() })
  const requests = new Requests({ ...needs, slots, watching }, clock, limits, rate, timing)
  const heartbeat = new Heartbeat({ ...needs, slots, lease, watching })
  const nodeGate: NodeGate = new NodeGate({ ...needs, logins, slots, requests })
  return { watching, requests, heartbeat, lease, slots, afterLoss, gate: nodeGate }
}
