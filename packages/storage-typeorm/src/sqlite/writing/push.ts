// Push registrations, and what their devices were told.
import type { OpResults, PushClaimOp, PushedOp, PushRegisterOp, PushUnregisterOp } from '@rookery/core'
import type { SqliteStatement } from '../driver.js'
import type { Batch } from './batch.js'

const ok = { status: 'ok' } as const

export class Pushes {
  readonly #register: SqliteStatement
  readonly #remove: SqliteStatement
  readonly #claim: SqliteStatement
  readonly #claimed: SqliteStatement
  readonly #pushed: SqliteStatement

  constructor(private readonly batch: Batch) {
    const { db, tables: t } = batch
    const key = 'user = ? AND device_id = ? AND provider = ? AND app = ?'
    // Whoever had the token loses it: the index of tokens allows one row.
    this.#register = db.prepare(
      `INSERT OR REPLACE INTO ${t.push}
          (user, device_id, provider, app, token, token_hash, lang, created_at, pushed_to, pushed_in, claim)
        SELECT v.id, v.device, v.provider, v.app, ?, ?, ?, ?, ifnull(x.pushed_to, ?), x.pushed_in, x.claim
        FROM (SELECT ? AS id, ? AS device, ? AS provider, ? AS app) v LEFT JOIN ${t.push} x
          ON x.user = v.id AND x.device_id = v.device AND x.provider = v.provider AND x.app = v.app`,
    )
    this.#remove = db.prepare(
      `DELETE FROM ${t.push} WHERE user = ? AND device_id = ?
        AND (? IS NULL OR (provider = ? AND app = ? AND (? IS NULL OR token_hash = ?)))`,
    )
    this.#claim = db.prepare(
      `UPDATE ${t.push} SET claim = ? WHERE ${key} AND (claim IS NULL OR claim = ? OR claim = ?)`,
    )
    this.#claimed = db.prepare(`SELECT claim FROM ${t.push} WHERE ${key}`).raw()
    this.#pushed = db.prepare(
      `UPDATE ${t.push} SET pushed_to = max(pushed_to, ?), pushed_in = iif(?, pushed_in, ?), claim = nullif(claim, ?)
        WHERE ${key}`,
    )
  }

  register(op: PushRegisterOp): OpResults['push-register'] {
    const { userId, deviceId, provider, app, token, tokenHash, lang, at } = op
    const { id, head } = this.batch.counters.userRow(userId)
    this.#register.run([token, tokenHash, lang, at, head, id, deviceId, provider, app])
    return ok
  }

  unregister({ userId, deviceId, which }: Omit<PushUnregisterOp, 'op'>): OpResults['push-unregister'] {
    const user = this.batch.counters.user(userId)
    const { provider = null, app = null, tokenHash = null } = which ?? {}
    if (user) this.#remove.run([user.id, deviceId, provider, provider, app, tokenHash, tokenHash])
    return ok
  }

  claim({ userId, deviceId, provider, app, by, over }: PushClaimOp): OpResults['push-claim'] {
    const user = this.batch.counters.user(userId)
    if (!user) return { status: 'ok', isClaimed: false }
    const key = [user.id, deviceId, provider, app]
    this.#claim.run([by, ...key, by, over])
    const [claim] = (this.#claimed.get(key) ?? []) as (string | null)[]
    return { status: 'ok', isClaimed: claim === by }
  }

  pushed({ userId, deviceId, provider, app, by, to = 0, pushedIn }: PushedOp): OpResults['pushed'] {
    const user = this.batch.counters.user(userId)
    const stays = pushedIn === undefined
    if (user) this.#pushed.run([to, stays ? 1 : 0, pushedIn ?? null, by, user.id, deviceId, provider, app])
    return ok
  }
}
