// Deliver or push: users whose devices acknowledge nothing in time are told through the providers of these devices.
import type { UserId } from '@rookery/protocol'
import type { PushRules } from '../../options/push.js'
import type { Presence } from '../../ports/presence.js'
import type { Storage } from '../../ports/storage.js'
import type { Sessions } from '../delivery/sessions.js'
import type { Writer } from '../storing/writer.js'
import type { Surroundings } from '../surroundings.js'
import { LargeGroups } from './large-groups.js'
import { Notifier } from './notifier.js'
import { Pushing } from './pushing.js'
import { Registrations } from './registrations.js'
import { PushRun } from './run.js'
import { Sender } from './sender.js'
import { Sweep } from './sweep.js'
import { Wheel } from './wheel.js'

interface Needs extends Surroundings {
  readonly boot: string
  readonly rules: PushRules
  readonly storage: Storage
  readonly presence: Presence
  readonly sessions: Sessions
  readonly writer: Writer
  /** Has the sessions of users compared with their inboxes, on every node. */
  readonly check: (users: readonly UserId[]) => void
  /** Of the storage; known once it has started. */
  readonly epoch: () => string
}

/** What the rest of a node uses of it. */
export type Push = ReturnType<typeof push>

export function push(needs: Needs) {
  const { rules, clock } = needs
  const senders = new Map(rules.providers.map((one) => [one.name, new Sender(one, needs)]))
  const notifier = new Notifier({ ...needs, senders })
  const wheel = new Wheel(clock, rules.afterMs, (dues) => pushing.look(dues))
  const pushing = new Pushing({ ...needs, notifier, wheel })
  const taker = new LargeGroups({ ...needs, wheel })
  const run = new PushRun({ ...needs, senders, wheel, pushing, taker, sweep: new Sweep({ ...needs, senders, wheel }) })
  return { wheel, taker, run, registrations: new Registrations(needs) }
}
