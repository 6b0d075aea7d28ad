// The outbox room: moves what host transactions have written. It is empty where the host has no outbox.
import type { Outbox } from '../../ports/outbox.js'
import type { S2c } from '../delivery/s2c.js'
import type { ImGroups } from '../host/im-groups.js'
import type { Changes } from '../messages/changes.js'
import type { Send } from '../messages/send.js'
import type { Surroundings } from '../surroundings.js'
import { OutboxMover } from './outbox-mover.js'
import { OutboxMoves } from './outbox-moves.js'
import { ParkedRows } from './parked-rows.js'

interface Needs extends Surroundings {
  readonly port: Outbox | null
  readonly send: Send
  readonly changes: Changes
  readonly s2c: S2c
  readonly groups: ImGroups
}

/** Either both parts exist or neither. */
export function outbox({ port, ...needs }: Needs): { parked: ParkedRows | null; mover: OutboxMover | null } {
  if (port === null) return { parked: null, mover: null }
  const parked = new ParkedRows({ ...needs, outbox: port })
  return { parked, mover: new OutboxMover({ ...needs, outbox: port, moves: new OutboxMoves(needs), parked }) }
}
