// The groups room: requests of members, rules for joining, and how a group is changed.
import type { ContactPolicy, HostGroups } from '../../ports/host.js'
import type { Storage } from '../../ports/storage.js'
import type { Authoriser } from '../access/authorise.js'
import type { Directory } from '../access/directory.js'
import type { Committed } from '../delivery/committed.js'
import type { Naming } from '../reading/naming.js'
import type { Writer } from '../storing/writer.js'
import type { Surroundings } from '../surroundings.js'
import { GroupChanges } from './group-changes.js'
import type { GroupSettings } from './group-steps.js'
import { Groups } from './groups.js'
import { HostMembership } from './host-membership.js'
import { Joining } from './joining.js'

interface Needs extends Surroundings {
  readonly storage: Pick<Storage, 'groups' | 'keys'>
  readonly contacts: ContactPolicy | null
  readonly hostGroups: HostGroups | null
  readonly directory: Directory
  readonly authoriser: Authoriser
  readonly naming: Naming
  readonly writer: Writer
  readonly committed: Committed
  readonly settings: GroupSettings
}

export function groups(needs: Needs) {
  const changes = new GroupChanges(needs)
  const joining = new Joining(needs)
  const hostMembership = new HostMembership(needs)
  return { changes, joining, hostMembership, groups: new Groups({ ...needs, changes, joining }) }
}
