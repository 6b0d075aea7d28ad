// Push registrations, and what their devices were told.
import type { OpResults, PushClaimOp, PushedOp, PushKey, PushRegisterOp, PushUnregisterOp } from '@rookery/core'
import type { Sql } from '../sql.js'
import type { Batch } from './batch.js'

const ok = { status: 'ok' } as const

export function pushRegister(batch: Batch, op: PushRegisterOp): OpResults['push-register'] {
  const { sql } = batch
  const { token, tokenHash, lang, at } = op
  const { person, head } = batch.userRow(op.userId)
  const [deviceId, provider, app] = [op.deviceId, op.provider, op.app].map((value) => sql.bytes(value))
  // Whoever had the token loses it: its key allows one row.
  batch.add(
    `REPLACE INTO ${sql.t.push}
        (person, device_id, provider, app, token, token_hash, lang, created_at, pushed_to, pushed_in, claim)
      SELECT ${person}, ${deviceId}, ${provider}, ${app}, ${sql.text(token)}, ${sql.bytes(tokenHash)}, ${sql.text(lang)},
        ${sql.int(at)}, COALESCE(x.pushed_to, ${sql.int(head)}), x.pushed_in, x.claim
      FROM (SELECT 1 AS one) o LEFT JOIN ${sql.t.push} x
        ON x.person = ${person} AND x.device_id = ${deviceId} AND x.provider = ${provider} AND x.app = ${app}`,
  )
  return ok
}

export function pushUnregister(
  batch: Batch,
  { userId, deviceId, which }: Omit<PushUnregisterOp, 'op'>,
): OpResults['push-unregister'] {
  const { sql, users } = batch
  const user = users.get(userId)
  if (user === undefined) return ok
  const provider =
    which === null ? '' : ` AND provider = ${sql.bytes(which.provider)} AND app = ${sql.bytes(which.app)}`
  const token = which?.tokenHash == null ? '' : ` AND token_hash = ${sql.bytes(which.tokenHash)}`
  const all = `person = ${user.person} AND device_id = ${sql.bytes(deviceId)}`
  batch.add(`DELETE FROM ${sql.t.push} WHERE ${all}${provider}${token}`)
  return ok
}

export async function pushClaim(batch: Batch, { by, over, ...key }: PushClaimOp): Promise<OpResults['push-claim']> {
  const { sql } = batch
  const where = rowOf(sql, batch, key)
  if (where === null) return { status: 'ok', isClaimed: false }
  const free = ['claim IS NULL', ...[by, ...(over === null ? [] : [over])].map((one) => `claim = ${sql.text(one)}`)]
  batch.add(`UPDATE ${sql.t.push} SET claim = ${sql.text(by)} WHERE ${where} AND (${free.join(' OR ')})`)
  const [row] = await batch.ask(`SELECT claim FROM ${sql.t.push} WHERE ${where}`)
  return { status: 'ok', isClaimed: row?.[0] === by }
}

export function pushed(batch: Batch, { by, to = 0, pushedIn, ...key }: PushedOp): OpResults['pushed'] {
  const { sql } = batch
  const where = rowOf(sql, batch, key)
  const shown = pushedIn === undefined ? '' : `, pushed_in = ${sql.text(pushedIn)}`
  if (where !== null)
    batch.add(
      `UPDATE ${sql.t.push} SET pushed_to = GREATEST(pushed_to, ${sql.int(to)}), claim = NULLIF(claim, ${sql.text(by)})${shown}
        WHERE ${where}`,
    )
  return ok
}

/** Which row it is; null where the user has none. */
function rowOf(sql: Sql, { users }: Batch, { userId, deviceId, provider, app }: PushKey): string | null {
  const user = users.get(userId)
  return user === undefined
    ? null
    : `person = ${user.person} AND device_id = ${sql.bytes(deviceId)} AND provider = ${sql.bytes(provider)}
        AND app = ${sql.bytes(app)}`
}
