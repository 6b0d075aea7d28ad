// What a batch locks and reads before its first operation, in one round trip. It first locks conversations, then users,
// each in order. Then it reads what operations need, in snapshots that are not older than the locks.
import type { ControlOp, GroupChange, StorageOp } from '@rookery/core'
import { systemUser } from '../../rows/codes.js'
import type { Answers, Row } from '../link.js'
import { asText, pieces, table, type Sql } from '../sql.js'
import { keyColumns, keyJoins, storedKeyOf } from '../stored-key.js'
import type { Batch } from './batch.js'
import type { Hints } from './hints.js'
import { rangeOf, type LoadedRange } from './devices.js'
import { RowsMissing } from './making.js'
import {
  conversationOf,
  lockConversations,
  lockUsers,
  memberColumns,
  memberOf,
  targetColumns,
  targetOf,
  userOf,
  type DeviceRow,
} from './rows.js'

type Pair = readonly [string, string]
type Reaction = readonly [conversationId: string, seq: number, userId: string, reaction: string]

/** What operations need. */
interface Needs {
  readonly conversations: Set<string>
  readonly users: Set<string>
  /** Users for which the operation makes a row if they have none. */
  readonly made: Set<string>
  readonly keys: Map<string, Pair>
  readonly systemKeys: Set<string>
  readonly members: Map<string, Pair>
  readonly ordinals: Map<string, readonly [conversationId: string, seq: number]>
  readonly devices: Map<string, Pair>
  readonly targets: Map<string, readonly [conversationId: string, seq: number]>
  readonly reactions: Reaction[]
  isLogin: boolean
}

const nameOf = (one: string, other: string | number): string => `${one}\0${other}`

function needsOf(ops: readonly StorageOp[], rosters: Rosters): Needs {
  const needs: Needs = {
    conversations: new Set(),
    users: new Set(),
    made: new Set(),
    keys: new Map(),
    systemKeys: new Set(),
    members: new Map(),
    ordinals: new Map(),
    devices: new Map(),
    targets: new Map(),
    reactions: [],
    isLogin: false,
  }
  const addKey = (from: string | null, clientMsgId: string): void => {
    if (from === null) needs.systemKeys.add(clientMsgId)
    else needs.keys.set(nameOf(from, clientMsgId), [from, clientMsgId])
  }
  const addMember = (userId: string, conversationId: string): void => {
    needs.members.set(nameOf(userId, conversationId), [userId, conversationId])
  }
  for (const op of ops) {
    switch (op.op) {
      case 'append':
      case 'control':
      case 'group': {
        const { from, to, kind, conversationId, clientMsgId } = op.message
        needs.conversations.add(conversationId)
        addKey(from, clientMsgId)
        for (const userId of [from, to, ...op.members]) if (userId !== null) needs.made.add(userId)
        if (op.op === 'control') addControl(needs, op)
        if (op.op === 'group') {
          for (const userId of usersOf(op.change)) {
            needs.made.add(userId)
            addMember(userId, conversationId)
          }
        }
        if (from !== null && kind !== 'c2c' && op.op === 'append' && op.movesPosition) addMember(from, conversationId)
        continue
      }
      case 'read':
      case 'settings':
        needs.users.add(op.userId)
        needs.conversations.add(op.conversationId)
        addMember(op.userId, op.conversationId)
        if (op.op === 'read') needs.ordinals.set(nameOf(op.conversationId, op.seq), [op.conversationId, op.seq])
        if (op.op === 'settings' && op.key) addKey(op.userId, op.key.clientMsgId)
        continue
      case 'custom':
        needs.made.add(op.userId)
        if (op.key !== undefined) addKey(null, op.key)
        continue
      case 'device':
        needs.made.add(op.userId)
        needs.devices.set(nameOf(op.userId, op.deviceId), [op.userId, op.deviceId])
        continue
      case 'forget-device':
      case 'push-unregister':
      case 'push-claim':
      case 'pushed':
        needs.users.add(op.userId)
        continue
      case 'push-register':
        needs.made.add(op.userId)
        continue
      case 'raise-login':
        needs.made.add(op.userId)
        needs.isLogin = true
    }
  }
  for (const { userIds } of rosters.values()) for (const userId of userIds) needs.made.add(userId)
  for (const userId of needs.made) needs.users.add(userId)
  return needs
}

function addControl(needs: Needs, { message, change }: ControlOp): void {
  const { conversationId } = message
  needs.targets.set(nameOf(conversationId, change.seq), [conversationId, change.seq])
  if (change.kind !== 'reaction') return
  needs.made.add(change.userId)
  needs.reactions.push([conversationId, change.seq, change.userId, change.reaction])
}

/** The users that a change of a group names. */
function* usersOf({ join = [], leave = [], roles = [], mutes = [] }: GroupChange): Generator<string> {
  for (const { userId } of join) yield userId
  yield* leave
  for (const { userId } of roles) yield userId
  for (const { userId } of mutes) yield userId
}

/** A statement, and the function that takes its rows. */
interface Part {
  readonly statement: string
  take(row: Row): void
}

export interface Load {
  readonly statements: readonly string[]
  /** The statements among them that lock. */
  readonly locks: readonly string[]
  /**
   * Gives the statements' answers to the batch.
   * @throws RowsMissing where a user has no row, or a roster is not that of the locked group
   */
  take(batch: Batch, answers: Answers): void
  /** The ranges read for acknowledgements of devices, by the operation's place in the batch. */
  readonly ranges: ReadonlyMap<number, LoadedRange>
}

/** All members of the groups whose every member an operation concerns, with the version under which they were read. */
export type Rosters = ReadonlyMap<string, { readonly version: number; readonly userIds: readonly string[] }>

export function loadOf(sql: Sql, ops: readonly StorageOp[], hints: Hints, rosters: Rosters): Load {
  const needs = needsOf(ops, rosters)
  const ranges = rangesOf(ops, hints)
  let batch: Batch
  const locks: Part[] = [
    // Ids are ASCII, for which this is the order of bytes. For other ids the server's order differs, and deadlocks may
    // occur.
    ...pieces([...needs.conversations].toSorted()).map((ids) => ({
      statement: lockConversations(sql, ids),
      take(row: Row) {
        const conversation = conversationOf(row)
        batch.learnConversation(conversation)
      },
    })),
    ...pieces([...needs.users].toSorted()).map((ids) => ({
      statement: lockUsers(sql, ids),
      take(row: Row) {
        const user = userOf(row)
        batch.users.set(user.userId, user)
      },
    })),
    ...(needs.isLogin
      ? [
          {
            statement: `SELECT login_epoch FROM ${sql.t.meta} WHERE id = 1 FOR UPDATE`,
            take([epoch]: Row) {
              batch.loginEpoch = epoch as number
            },
          },
        ]
      : []),
  ]
  const parts: Part[] = [
    ...locks,
    ...pieces([...needs.keys.values()]).map((keys) => ({
      statement: readKeys(sql, keys),
      take: (row: Row) => batch.learnKey(row[0] as string, row[1] as string, storedKeyOf(row.slice(2))),
    })),
    ...pieces([...needs.systemKeys]).map((keys) => ({
      statement: readSystemKeys(sql, keys),
      take: (row: Row) => batch.learnKey(null, row[1] as string, storedKeyOf(row.slice(2))),
    })),
    ...pieces([...needs.members.values()]).map((members) => ({
      statement: readMembers(sql, members),
      take: (row: Row) => batch.learnMember(row[0] as number, row[1] as number, memberOf(row.slice(2))),
    })),
    ...pieces([...needs.ordinals.values()]).map((places) => ({
      statement: readOrdinals(sql, places),
      take: ([id, seq, ordinal]: Row) => batch.learnOrdinal(id as number, seq as number, ordinal as number),
    })),
    ...pieces([...needs.devices.values()]).map((devices) => ({
      statement: readDevices(sql, devices),
      take: ([person, deviceId, ...device]: Row) =>
        batch.learnDevice(person as number, deviceId as string, deviceOf(device)),
    })),
    ...pieces([...needs.targets.values()]).map((places) => ({
      statement: readTargets(sql, places),
      take: ([id, ...target]: Row) => batch.learnTarget(id as number, targetOf(target)),
    })),
    ...pieces<Reaction>(needs.reactions).map((reactions) => ({
      statement: readReactions(sql, reactions),
      take(row: Row) {
        const [id, seq, person, reaction, by] = row as [number, number, number, string, number]
        batch.setReaction(id, seq, person, reaction, by)
      },
    })),
    ...pieces([...ranges], 50).map((some) => ({
      statement: some.map(([place, range]) => `(${rangeOf(sql, range, place)})`).join(' UNION ALL '),
      take: (row: Row) => ranges.get(row[0] as number)?.rows.push(row),
    })),
  ]
  return {
    statements: parts.map((part) => part.statement),
    locks: locks.map((part) => part.statement),
    take(into, answers) {
      batch = into
      for (const [at, part] of parts.entries()) for (const row of answers[at] ?? []) part.take(row)
      const missing = [...needs.made].filter((userId) => !batch.users.has(userId))
      if (missing.length > 0) throw new RowsMissing(missing, batch.made)
      for (const [conversationId, { version, userIds }] of rosters) {
        const conversation = batch.conversation(conversationId)
        if (conversation?.version !== version) throw new RowsMissing([], batch.made)
        batch.learnRoster(conversation.id, userIds)
      }
    },
    ranges,
  }
}

/** The entries of each acknowledgement that its device, as far as is known, has not acknowledged before. */
function rangesOf(ops: readonly StorageOp[], hints: Hints): ReadonlyMap<number, LoadedRange> {
  const ranges = new Map<number, LoadedRange>()
  for (const [place, op] of ops.entries()) {
    if (op.op !== 'device' || op.delivered === undefined) continue
    const { from, to } = op.delivered
    const known = hints.deliveredTo(op.userId, op.deviceId) ?? 0
    const after = Math.max(from, from <= known ? known : 0)
    if (after < to) ranges.set(place, { userId: op.userId, after, to, rows: [] })
  }
  return ranges
}

// The statements name their indexes, because the server would read a table completely that was nearly empty when it
// last counted the rows.
const readKeys = (sql: Sql, keys: readonly Pair[]): string => `
  SELECT ${asText('v.user_id')}, ${asText('v.client_msg_id')}, ${keyColumns}
  FROM ${table(['user_id', 'client_msg_id'], bytesOf(sql, keys))} v
  STRAIGHT_JOIN ${sql.t.user} u ON u.user_id = v.user_id
  STRAIGHT_JOIN ${sql.t.key} k FORCE INDEX (PRIMARY) ON k.person = u.id AND k.client_msg_id = v.client_msg_id ${keyJoins(sql)}`

const readSystemKeys = (sql: Sql, keys: readonly string[]): string => `
  SELECT NULL, ${asText('k.client_msg_id')}, ${keyColumns}
  FROM ${sql.t.key} k FORCE INDEX (PRIMARY) ${keyJoins(sql)}
  WHERE k.person = ${systemUser} AND k.client_msg_id IN ${sql.list(keys)}`

const readMembers = (sql: Sql, members: readonly Pair[]): string => `
  SELECT mb.person, mb.conversation, ${memberColumns}
  FROM ${table(['user_id', 'conversation_id'], bytesOf(sql, members))} v
  STRAIGHT_JOIN ${sql.t.user} u ON u.user_id = v.user_id
  STRAIGHT_JOIN ${sql.t.conversation} c ON c.conversation_id = v.conversation_id
  STRAIGHT_JOIN ${sql.t.member} mb FORCE INDEX (PRIMARY) ON mb.person = u.id AND mb.conversation = c.id`

const readOrdinals = (sql: Sql, places: readonly (readonly [string, number])[]): string => `
  SELECT c.id, m.seq, m.ordinal
  FROM ${table(
    ['conversation_id', 'seq'],
    places.map(([id, seq]) => [sql.bytes(id), sql.int(seq)]),
  )} v
  STRAIGHT_JOIN ${sql.t.conversation} c ON c.conversation_id = v.conversation_id
  STRAIGHT_JOIN ${sql.t.message} m FORCE INDEX (PRIMARY) ON m.conversation = c.id AND m.seq = v.seq`

const readTargets = (sql: Sql, places: readonly (readonly [string, number])[]): string => `
  SELECT c.id, ${targetColumns}
  FROM ${table(
    ['conversation_id', 'seq'],
    places.map(([id, seq]) => [sql.bytes(id), sql.int(seq)]),
  )} v
  STRAIGHT_JOIN ${sql.t.conversation} c ON c.conversation_id = v.conversation_id
  STRAIGHT_JOIN ${sql.t.message} m FORCE INDEX (PRIMARY) ON m.conversation = c.id AND m.seq = v.seq`

const readReactions = (sql: Sql, reactions: readonly Reaction[]): string => `
  SELECT r.conversation, r.seq, r.person, ${asText('r.reaction')}, r.control_seq
  FROM ${table(
    ['conversation_id', 'seq', 'user_id', 'reaction'],
    reactions.map(([id, seq, userId, reaction]) => [
      sql.bytes(id),
      sql.int(seq),
      sql.bytes(userId),
      sql.bytes(reaction),
    ]),
  )} v
  STRAIGHT_JOIN ${sql.t.conversation} c ON c.conversation_id = v.conversation_id
  STRAIGHT_JOIN ${sql.t.user} u ON u.user_id = v.user_id
  STRAIGHT_JOIN ${sql.t.reaction} r FORCE INDEX (PRIMARY)
    ON r.conversation = c.id AND r.seq = v.seq AND r.person = u.id AND r.reaction = v.reaction`

/** All members of these groups: group id, version, user. */
export const readRosters = (sql: Sql, ids: readonly string[]): string => `
  SELECT ${asText('c.conversation_id')}, c.version, ${asText('mb.member_id')}
  FROM ${sql.t.conversation} c FORCE INDEX (by_id)
  LEFT JOIN ${sql.t.member} mb ON mb.conversation = c.id AND mb.to_seq IS NULL
  WHERE c.conversation_id IN ${sql.list(ids)}`

/** Devices as they are stored: person, id, type, delivered range, when each was last seen. */
export const readDevices = (sql: Sql, devices: readonly Pair[]): string => `
  SELECT d.person, ${asText('d.device_id')}, d.device_type, d.delivered_from, d.delivered_to, d.seen_at,
    ${asText('u.user_id')}
  FROM ${table(['user_id', 'device_id'], bytesOf(sql, devices))} v
  STRAIGHT_JOIN ${sql.t.user} u ON u.user_id = v.user_id
  STRAIGHT_JOIN ${sql.t.device} d FORCE INDEX (PRIMARY) ON d.person = u.id AND d.device_id = v.device_id`

const bytesOf = (sql: Sql, pairs: readonly Pair[]): readonly (readonly string[])[] =>
  pairs.map(([one, other]) => [sql.bytes(one), sql.bytes(other)])

function deviceOf(row: Row): DeviceRow {
  const [deviceType, from, to, seenAt] = row as [string, number, number, number | null]
  return { deviceType, from, to, seenAt }
}
