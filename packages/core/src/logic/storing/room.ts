// The storing room: what goes to storage, and how long it stays.
import type { NodeId } from '@rookery/protocol'
import type { Retention as Kept } from '../../options/retention.js'
import type { Presence } from '../../ports/presence.js'
import type { Storage } from '../../ports/storage.js'
import type { Surroundings } from '../surroundings.js'
import { Retention } from './retention.js'
import { Writer } from './writer.js'

interface Needs extends Surroundings {
  readonly nodeId: NodeId
  readonly storage: Pick<Storage, 'commit' | 'maintenance'>
  readonly presence: Pick<Presence, 'nodes'>
  readonly retention: Kept
  /** Called after all results of a commit were handed out. */
  readonly handedOut: () => void
}

export function storing(needs: Needs) {
  const { storage, clock, logger, limits, observer, handedOut } = needs
  return { writer: new Writer(storage, clock, logger, limits, handedOut, observer), retention: new Retention(needs) }
}
