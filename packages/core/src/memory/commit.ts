// Applies the operations of a commit one after the other. Nothing in it is asynchronous, so nobody sees half of a
// batch. Each operation decides before it writes, so a refused one leaves nothing.
import type { CustomOp, CustomResult, StorageOp, StorageResult, RefusedResult } from '../ports/storage.js'
import { append } from './append.js'
import { control } from './control.js'
import { device } from './devices.js'
import { group } from './group.js'
import { read, settings } from './positions.js'
import { pushClaim, pushed, pushRegister, pushUnregister } from './push.js'
import { appendEntry, userRow, type Tables } from './rows.js'

export function apply(tables: Tables, op: StorageOp): StorageResult | RefusedResult {
  switch (op.op) {
    case 'append':
      return append(tables, op)
    case 'control':
      return control(tables, op)
    case 'group':
      return group(tables, op)
    case 'read':
      return read(tables, op)
    case 'settings':
      return settings(tables, op)
    case 'custom':
      return custom(tables, op)
    case 'device':
      return device(tables, op)
    case 'forget-device':
      tables.users.get(op.userId)?.devices.delete(op.deviceId)
      return pushUnregister(tables, { ...op, op: 'push-unregister', which: null })
    case 'raise-login':
      tables.loginEpoch += 1
      userRow(tables, op.userId).loginEpoch = tables.loginEpoch
      return { status: 'ok', loginEpoch: tables.loginEpoch }
    case 'push-register':
      return pushRegister(tables, op)
    case 'push-unregister':
      return pushUnregister(tables, op)
    case 'push-claim':
      return pushClaim(tables, op)
    case 'pushed':
      return pushed(tables, op)
  }
}

function custom(tables: Tables, { userId, topic, payload, at, key }: CustomOp): CustomResult {
  if (key !== undefined) {
    if (tables.systemKeys.has(key)) return { status: 'ok', inboxSeq: null }
    tables.systemKeys.set(key, Object.freeze({ digest: '', msgId: '', conversationId: '', seq: 0, serverTime: at }))
  }
  const body = `{"topic":${JSON.stringify(topic)},"payload":${payload}}`
  return { status: 'ok', inboxSeq: appendEntry(tables, userId, { kind: 'custom', at, body }) }
}
