// The reading room: pages of messages and conversations with their names, and the user's own marks on them.
import type { DeviceType } from '@rookery/protocol'
import type { ConversationNames, Users } from '../../ports/host.js'
import type { Storage } from '../../ports/storage.js'
import type { Authoriser } from '../access/authorise.js'
import type { Committed } from '../delivery/committed.js'
import type { FanOut } from '../delivery/fan-out.js'
import type { Writer } from '../storing/writer.js'
import type { Surroundings } from '../surroundings.js'
import { Naming } from './naming.js'
import { OwnMarks } from './own-marks.js'
import { Roaming } from './roaming.js'

interface Needs extends Surroundings {
  readonly storage: Pick<Storage, 'timelines' | 'conversations' | 'members'>
  readonly users: Users | null
  readonly names: ConversationNames | null
  readonly authoriser: Authoriser
  readonly writer: Writer
  readonly committed: Committed
  readonly fanOut: Pick<FanOut, 'hint'>
  /** Device types that may not read history. */
  readonly noRoaming: ReadonlySet<DeviceType>
}

export function reading(needs: Needs) {
  const naming = new Naming(needs)
  return { naming, roaming: new Roaming({ ...needs, naming }), ownMarks: new OwnMarks({ ...needs, naming }) }
}
