// The path of messages to storage and of answers back: new messages, and changes of stored ones.
import type { Storage } from '../../ports/storage.js'
import type { Admission } from '../access/admission.js'
import type { Authoriser } from '../access/authorise.js'
import type { Committed } from '../delivery/committed.js'
import type { Writer } from '../storing/writer.js'
import type { Surroundings } from '../surroundings.js'
import { Changes } from './changes.js'
import { Send } from './send.js'

interface Needs extends Surroundings {
  readonly storage: Pick<Storage, 'timelines' | 'keys'>
  readonly authoriser: Authoriser
  readonly admission: Admission
  readonly writer: Writer
  readonly committed: Committed
}

export const messages = (needs: Needs) => ({ send: new Send(needs), changes: new Changes(needs) })
