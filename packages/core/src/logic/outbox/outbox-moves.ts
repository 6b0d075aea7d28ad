// Does what a row of the outbox asks for. It may run again for one row: every effect has a key that is made from the
// row, so it happens once.
import type { MessageId } from '@rookery/protocol'
import type { S2c } from '../delivery/s2c.js'
import { baseOfRow, type ImGroups } from '../host/im-groups.js'
import type { Changes } from '../messages/changes.js'
import { asSession, incomingC2C, incomingC2G } from '../messages/incoming.js'
import type { Send } from '../messages/send.js'
import type { OutboxRequest } from './outbox-row.js'

interface Parts {
  readonly send: Send
  readonly changes: Changes
  readonly s2c: S2c
  readonly groups: ImGroups
}

/** A row that is being moved. */
interface Move {
  /** For a message: resolves once it is in the writer's queue, or is refused. */
  readonly left?: Promise<void>
  /** @throws RookeryError as the host's call would */
  readonly moved: Promise<unknown>
}

export class OutboxMoves {
  constructor(private readonly parts: Parts) {}

  begin(id: MessageId, row: OutboxRequest): Move {
    const { s2c, groups, send, changes } = this.parts
    switch (row.kind) {
      case 'custom':
        return { moved: s2c.stored(row.userId, row.topic, row.payload, id) }
      case 'recall':
        return { moved: changes.recall(null, row.request) }
      case 'edit':
        return { moved: changes.edit(null, row.request) }
      case 'group.create':
        return { moved: groups.make(row.groupId, row.group, baseOfRow(id)) }
      case 'group.add':
        return { moved: groups.addAll(row.groupId, row.userIds, baseOfRow(id)) }
      case 'group.remove':
        return { moved: groups.removeAll(row.groupId, row.userIds, baseOfRow(id)) }
      case 'group.changed':
        return { moved: groups.settle(row.groupId, baseOfRow(id)) }
      case 'c2c':
      case 'c2g': {
        const incoming =
          row.kind === 'c2c' ? incomingC2C(row.from, row.request, true) : incomingC2G(row.from, row.request, true)
        const { left, sent } = send.host(incoming, row.checked ? asSession(row.from) : null, {
          msgId: id,
          hasNewKey: row.hasNewKey === true,
        })
        return { left, moved: sent }
      }
    }
  }
}
