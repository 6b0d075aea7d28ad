// Push registrations in memory.
import type {
  PushClaimOp,
  PushClaimResult,
  PushedOp,
  PushKey,
  PushReads,
  PushRegisterOp,
  PushUnregisterOp,
} from '../ports/storage.js'
import { userRow, type PushRow, type Tables, type UserRow } from './rows.js'

const nameOf = ({ deviceId, provider, app }: Omit<PushKey, 'userId'>): string => `${deviceId} ${provider} ${app}`

const put = (user: UserRow, row: PushRow): void => void user.push.set(nameOf(row), Object.freeze(row))

export function pushRegister(tables: Tables, { op: _, at, ...given }: PushRegisterOp): { readonly status: 'ok' } {
  const user = userRow(tables, given.userId)
  const known = user.push.get(nameOf(given))
  for (const other of tables.users.values())
    for (const [name, { provider, app, tokenHash }] of other.push)
      if (provider === given.provider && app === given.app && tokenHash === given.tokenHash) other.push.delete(name)
  const { pushedTo, pushedIn, claim } = known ?? { pushedTo: user.inbox.length, pushedIn: null, claim: null }
  put(user, { ...given, createdAt: at, pushedTo, pushedIn, claim })
  return { status: 'ok' }
}

export function pushUnregister(
  tables: Tables,
  { userId, deviceId, which }: PushUnregisterOp,
): { readonly status: 'ok' } {
  const push = tables.users.get(userId)?.push ?? new Map<string, PushRow>()
  for (const [name, row] of push)
    if (row.deviceId === deviceId && (which === null || isMeant(row, which))) push.delete(name)
  return { status: 'ok' }
}

const isMeant = (row: PushRow, { provider, app, tokenHash }: NonNullable<PushUnregisterOp['which']>): boolean =>
  row.provider === provider && row.app === app && (tokenHash === null || row.tokenHash === tokenHash)

export function pushClaim(tables: Tables, { by, over, ...key }: PushClaimOp): PushClaimResult {
  const user = tables.users.get(key.userId)
  const row = user?.push.get(nameOf(key))
  if (user === undefined || row === undefined) return { status: 'ok', isClaimed: false }
  if (row.claim !== null && row.claim !== by && row.claim !== over) return { status: 'ok', isClaimed: false }
  put(user, { ...row, claim: by })
  return { status: 'ok', isClaimed: true }
}

export function pushed(tables: Tables, { by, to = 0, pushedIn, ...key }: PushedOp): { readonly status: 'ok' } {
  const user = tables.users.get(key.userId)
  const row = user?.push.get(nameOf(key))
  if (user !== undefined && row !== undefined)
    put(user, {
      ...row,
      pushedTo: Math.max(row.pushedTo, to),
      pushedIn: pushedIn === undefined ? row.pushedIn : pushedIn,
      claim: row.claim === by ? null : row.claim,
    })
  return { status: 'ok' }
}

export const pushReads = (tables: () => Tables): PushReads => ({
  async list(userIds) {
    const { users } = tables()
    return [...new Set(userIds)].flatMap((userId) =>
      [...(users.get(userId)?.push.values() ?? [])].map(({ tokenHash: _, ...registration }) => registration),
    )
  },
  async behind(after, limit) {
    const from = after === null ? 0 : Number(after)
    const registered = [...tables().users].slice(from)
    const page: [number, string, UserRow][] = []
    let place = from
    for (const [userId, row] of registered) {
      place += 1
      if (row.push.size > 0) page.push([place, userId, row])
      if (page.length === limit) break
    }
    return {
      userIds: page.filter(([, , row]) => isBehind(row)).map(([, userId]) => userId),
      next: page.length < limit ? null : String(page.at(-1)![0]),
    }
  },
})

function isBehind({ inbox, push, devices }: UserRow): boolean {
  const told = Math.min(...[...push.values()].map(({ pushedTo }) => pushedTo))
  if (told >= inbox.length) return false
  for (const { deliveredFrom, deliveredTo } of devices.values())
    if (deliveredFrom <= told && deliveredTo >= inbox.length) return false
  return true
}
