// Gives each operation to the code that carries it out. Operations take effect in the order given.
import type { CustomOp, CustomResult, RefusedResult, StorageOp, StorageResult } from '@rookery/core'
import { customBody } from '../../operations/custom.js'
import { entryKind, systemUser } from '../../rows/codes.js'
import { append } from './append.js'
import type { Batch } from './batch.js'
import { control } from './control.js'
import { device, type LoadedRange } from './devices.js'
import { group } from './groups.js'
import { read, settings } from './positions.js'
import { pushClaim, pushed, pushRegister, pushUnregister } from './push.js'

export async function apply(
  batch: Batch,
  op: StorageOp,
  range: LoadedRange | undefined,
): Promise<StorageResult | RefusedResult> {
  switch (op.op) {
    case 'append':
      return append(batch, op)
    case 'control':
      return control(batch, op)
    case 'group':
      return group(batch, op)
    case 'read':
      return read(batch, op)
    case 'settings':
      return settings(batch, op)
    case 'custom':
      return custom(batch, op)
    case 'device':
      return device(batch, op, range)
    case 'forget-device': {
      const user = batch.users.get(op.userId)
      if (user !== undefined) batch.setDevice(user.person, op.deviceId, null)
      return pushUnregister(batch, { ...op, which: null })
    }
    case 'raise-login':
      return { status: 'ok', loginEpoch: batch.raiseLogin(batch.userRow(op.userId)) }
    case 'push-register':
      return pushRegister(batch, op)
    case 'push-unregister':
      return pushUnregister(batch, op)
    case 'push-claim':
      return pushClaim(batch, op)
    case 'pushed':
      return pushed(batch, op)
  }
}

function custom(batch: Batch, op: CustomOp): CustomResult {
  const { userId, at, key } = op
  if (key !== undefined) {
    if (batch.known(null, key)) return { status: 'ok', inboxSeq: null }
    batch.takeKey(null, systemUser, key, { digest: '', msgId: '', conversationId: '', seq: 0, serverTime: at }, null)
  }
  return { status: 'ok', inboxSeq: batch.addFact(batch.userRow(userId), entryKind.custom, at, customBody(op)) }
}
