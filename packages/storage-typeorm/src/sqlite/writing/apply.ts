// Gives each operation to the code that carries it out. Operations take effect in the order given. Before the first
// one, one read loads what all of them need.
import type { CustomOp, CustomResult, GroupChange, RefusedResult, StorageOp, StorageResult } from '@rookery/core'
import { customBody } from '../../operations/custom.js'
import { entryKind, systemUser } from '../../rows/codes.js'
import { append } from './append.js'
import type { Batch } from './batch.js'
import { Controls } from './control.js'
import { Devices } from './devices.js'
import { Groups } from './groups.js'
import { Logins } from './logins.js'
import { Positions } from './positions.js'
import { Pushes } from './push.js'

export class Operations {
  readonly #controls: Controls
  readonly #groups: Groups
  readonly #positions: Positions
  readonly #devices: Devices
  readonly #logins: Logins
  readonly #pushes: Pushes

  constructor(private readonly batch: Batch) {
    this.#controls = new Controls(batch)
    this.#groups = new Groups(batch)
    this.#positions = new Positions(batch)
    this.#devices = new Devices(batch)
    this.#logins = new Logins(batch)
    this.#pushes = new Pushes(batch)
  }

  /** Carries out all operations. Their rows are written when this returns. */
  applyAll(ops: readonly StorageOp[]): (StorageResult | RefusedResult)[] {
    this.#load(ops)
    const results = ops.map((op) => this.#apply(op))
    this.batch.finish()
    return results
  }

  #load(ops: readonly StorageOp[]): void {
    const conversations: string[] = []
    const users: string[] = []
    const keys: [string | null, string][] = []
    /** Which members' positions in which groups the operations will need. */
    const places: [conversationId: string, userId: string][] = []
    for (const op of ops) {
      if (op.op === 'append' || op.op === 'control' || op.op === 'group') {
        const { from, to, conversationId, clientMsgId, kind } = op.message
        conversations.push(conversationId)
        if (from !== null) users.push(from)
        if (to !== null) users.push(to)
        for (const userId of op.members) users.push(userId)
        keys.push([from, clientMsgId])
        if (op.op === 'group') users.push(...concerned(op.change))
        else if (op.op === 'control' && op.change.kind === 'reaction') users.push(op.change.userId)
        else if (op.op === 'append' && kind !== 'c2c' && from !== null) places.push([conversationId, from])
        continue
      }
      users.push(op.userId)
      if (op.op === 'read' || op.op === 'settings') conversations.push(op.conversationId)
      if (op.op === 'read') places.push([op.conversationId, op.userId])
      if (op.op === 'settings' && op.key) keys.push([op.userId, op.key.clientMsgId])
      if (op.op === 'custom' && op.key !== undefined) keys.push([null, op.key])
    }
    const { counters } = this.batch
    counters.load(conversations, users)
    this.batch.loadKeys(keys)
    if (places.length > 0) counters.loadMembers(places)
  }

  #apply(op: StorageOp): StorageResult | RefusedResult {
    switch (op.op) {
      case 'append':
        return append(this.batch, op)
      case 'control':
        return this.#controls.control(op)
      case 'group':
        return this.#groups.group(op)
      case 'read':
        return this.#positions.read(op)
      case 'settings':
        return this.#positions.settings(op)
      case 'custom':
        return this.#custom(op)
      case 'device':
        return this.#devices.device(op)
      case 'forget-device':
        this.#pushes.unregister({ ...op, which: null })
        return this.#devices.forget(op)
      case 'raise-login':
        return this.#logins.raise(op)
      case 'push-register':
        return this.#pushes.register(op)
      case 'push-unregister':
        return this.#pushes.unregister(op)
      case 'push-claim':
        return this.#pushes.claim(op)
      case 'pushed':
        return this.#pushes.pushed(op)
    }
  }

  #custom(op: CustomOp): CustomResult {
    const { userId, at, key } = op
    if (key !== undefined) {
      if (this.batch.known(systemUser, key)) return { status: 'ok', inboxSeq: null }
      const taken = { digest: '', msgId: '', conversationId: '', seq: 0, serverTime: at }
      this.batch.takeKey(systemUser, key, taken, null)
    }
    const user = this.batch.counters.userRow(userId)
    return { status: 'ok', inboxSeq: this.batch.addFact(user, entryKind.custom, at, customBody(op)) }
  }
}

/** The users whose memberships a change concerns. */
function concerned({ join = [], leave = [], roles = [], mutes = [] }: GroupChange): string[] {
  return [...[...join, ...roles, ...mutes].map(({ userId }) => userId), ...leave]
}
