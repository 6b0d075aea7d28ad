// The host room: what the host's services ask of chat, and the host's handlers for c2s topics.
import type { Retention as Kept } from '../../options/retention.js'
import type { ConversationNames, Handlers } from '../../ports/host.js'
import type { Presence } from '../../ports/presence.js'
import type { Storage } from '../../ports/storage.js'
import type { Admission } from '../access/admission.js'
import type { Authoriser } from '../access/authorise.js'
import type { Cluster } from '../delivery/cluster.js'
import type { Deliveries } from '../delivery/deliveries.js'
import type { Kicks } from '../delivery/kicks.js'
import type { Online } from '../delivery/online.js'
import type { S2c } from '../delivery/s2c.js'
import type { GroupChanges } from '../groups/group-changes.js'
import type { GroupSettings } from '../groups/group-steps.js'
import type { Groups } from '../groups/groups.js'
import type { HostMembership } from '../groups/host-membership.js'
import type { Joining } from '../groups/joining.js'
import type { Changes } from '../messages/changes.js'
import type { Send } from '../messages/send.js'
import type { OutboxMover } from '../outbox/outbox-mover.js'
import type { ParkedRows } from '../outbox/parked-rows.js'
import type { Roaming } from '../reading/roaming.js'
import type { Retention } from '../storing/retention.js'
import type { Surroundings } from '../surroundings.js'
import type { Deadlines } from './deadlines.js'
import { ImGroups } from './im-groups.js'
import { Im } from './im.js'
import { HostMaintenance } from './maintenance.js'
import { Topics } from './topics.js'

interface GroupNeeds extends Surroundings {
  readonly storage: Pick<Storage, 'groups'>
  readonly names: ConversationNames | null
  readonly changes: GroupChanges
  readonly joining: Joining
  readonly hostMembership: HostMembership
  readonly groups: Groups
  readonly settings: GroupSettings
}

/** Groups for the host. They are made before the rest, because the outbox uses them. */
export const groupsForHost = (needs: GroupNeeds) => new ImGroups(needs)

interface Needs extends Surroundings {
  readonly storage: Pick<
    Storage,
    'maintenance' | 'timelines' | 'heads' | 'devices' | 'push' | 'conversations' | 'groups'
  >
  readonly presence: Pick<Presence, 'locate'>
  readonly handlers: Handlers | null
  readonly handlerDeadlines: Deadlines
  readonly kept: Pick<Kept, 'batchRows' | 'pauseMs'>
  readonly authoriser: Authoriser
  readonly admission: Admission
  readonly retention: Retention
  readonly cluster: Cluster
  readonly deliveries: Deliveries
  readonly s2c: S2c
  readonly kicks: Kicks
  readonly online: Online
  readonly roaming: Roaming
  readonly send: Send
  readonly changes: Changes
  readonly joining: Joining
  readonly groups: ImGroups
  readonly mover: OutboxMover | null
  readonly parked: ParkedRows | null
}

export function host(needs: Needs) {
  const { handlers, handlerDeadlines, limits, groups: imGroups, mover } = needs
  return {
    im: new Im({ ...needs, outbox: mover }),
    maintenance: new HostMaintenance({ ...needs, imGroups }),
    topics: new Topics(handlers, handlerDeadlines, limits),
  }
}
