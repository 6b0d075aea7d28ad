// The access room: identities, users, members, and whether a message may be stored.
import type { Authenticate, ContactPolicy, Handlers, Users } from '../../ports/host.js'
import type { Storage } from '../../ports/storage.js'
import type { Deadlines } from '../host/deadlines.js'
import type { FaultLog } from '../host/fault-log.js'
import type { MessageTypes } from '../messages/message-types.js'
import type { Surroundings } from '../surroundings.js'
import { Admission } from './admission.js'
import { Authenticator } from './authenticate.js'
import { Authoriser } from './authorise.js'
import { Directory } from './directory.js'

interface Needs extends Surroundings {
  readonly storage: Pick<Storage, 'members' | 'groups' | 'timelines'>
  readonly authenticate: Authenticate
  readonly users: Users | null
  readonly contacts: ContactPolicy | null
  readonly handlers: Handlers | null
  readonly types: MessageTypes | null
  readonly faultLog: FaultLog
  readonly handlerDeadlines: Deadlines
}

export function access(needs: Needs) {
  const { storage, authenticate, users, faultLog, clock, timing } = needs
  const authoriser = new Authoriser(storage)
  const directory = new Directory(users, clock, timing)
  const authenticator = new Authenticator(authenticate, clock, faultLog, timing)
  return { authoriser, directory, authenticator, admission: new Admission({ ...needs, authoriser, directory }) }
}
