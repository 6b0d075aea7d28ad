// From this node to whom it concerns, wherever they are: what was committed, hints, events of the host, kicks.
import type { NodeId } from '@rookery/protocol'
import type { Bus } from '../../ports/bus.js'
import type { ContactPolicy } from '../../ports/host.js'
import type { Presence } from '../../ports/presence.js'
import type { Storage } from '../../ports/storage.js'
import type { Authoriser } from '../access/authorise.js'
import type { Writer } from '../storing/writer.js'
import type { Surroundings } from '../surroundings.js'
import type { Arming } from './arming.js'
import { Cluster } from './cluster.js'
import { doorTo, type Taker } from './committed.js'
import { Deliveries } from './deliveries.js'
import { FanOut } from './fan-out.js'
import { Kicks, type PresenceMemory } from './kicks.js'
import { Online } from './online.js'
import { S2c } from './s2c.js'
import type { Sessions } from './sessions.js'

interface Needs extends Surroundings {
  readonly nodeId: NodeId
  readonly boot: string
  readonly storage: Pick<Storage, 'members' | 'devices'>
  readonly presence: Presence
  readonly bus: Bus | null
  readonly contacts: ContactPolicy | null
  /** Frames of another node may have been lost. */
  readonly missed: () => void
  readonly remembers: () => PresenceMemory
  /** Those of this node. */
  readonly sessions: Sessions
  readonly authoriser: Authoriser
  readonly writer: Writer
  /** Who waits for acknowledgements; null without push. */
  readonly arming: Arming | null
  /** Who takes what was stored, besides those who read it, and after them. */
  readonly takers: readonly Taker[]
}

export function delivery(needs: Needs) {
  const { nodeId, boot, presence, bus, sessions, missed, writer, arming, takers, clock, logger, timing } = needs
  const cluster = new Cluster(nodeId, boot, presence, bus, sessions, logger, {
    missed,
    given: (userId, from, to) => arming?.arm(userId, from, to),
    answered: (id) => s2c.acknowledged(id),
    closed: (epoch, node) => kicks.confirmed(epoch, node),
  })
  const fanOut = new FanOut(sessions, cluster, arming)
  const committed = doorTo([fanOut, ...takers])
  const s2c = new S2c({ ...needs, cluster, committed })
  const kicks = new Kicks({ ...needs, cluster })
  const deliveries = new Deliveries(writer, fanOut, clock, logger, timing, arming)
  return { cluster, fanOut, committed, s2c, kicks, deliveries, online: new Online({ ...needs, fanOut }) }
}
