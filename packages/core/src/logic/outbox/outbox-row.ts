// What a row of the outbox asks for, and its line. An older or a newer version of Rookery may have written the row.
import {
  type ConversationId,
  isJsonObject,
  type JsonText,
  type RequestOf,
  RookeryError,
  type UserId,
} from '@rookery/protocol'
import { c2cId } from '../../model/digest.js'
import type { CheckedGroup } from '../host/im-groups.js'

/** What a row asks for. */
export type OutboxRequest =
  | ({ readonly kind: 'c2c'; readonly request: RequestOf<'c2c'> } & OnBehalf)
  | ({ readonly kind: 'c2g'; readonly request: RequestOf<'c2g'> } & OnBehalf)
  | { readonly kind: 'recall'; readonly request: RequestOf<'recall'> }
  | { readonly kind: 'edit'; readonly request: RequestOf<'edit'> }
  | { readonly kind: 'group.create'; readonly groupId: ConversationId; readonly group: CheckedGroup }
  | {
      readonly kind: 'group.add' | 'group.remove'
      readonly groupId: ConversationId
      readonly userIds: readonly UserId[]
    }
  | { readonly kind: 'group.changed'; readonly groupId: ConversationId }
  | { readonly kind: 'custom'; readonly userId: UserId; readonly topic: string; readonly payload: JsonText }

interface OnBehalf {
  readonly from: UserId
  readonly checked: boolean
  /** Whether chat made the key itself. Rows of earlier versions do not say so. */
  readonly hasNewKey?: boolean
}

type Fields = Readonly<Record<string, unknown>>

const texts = (of: unknown, ...names: readonly string[]): boolean =>
  isJsonObject(of) && names.every((name) => typeof of[name] === 'string')
const isList = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string')
const isMessage = ({ from, request }: Fields): boolean =>
  typeof from === 'string' &&
  texts(request, 'clientMsgId', 'to', 'type') &&
  isJsonObject((request as Fields)['content'])
const isChange = ({ request }: Fields): boolean =>
  texts(request, 'conversationId') && Number.isSafeInteger((request as Fields)['seq'])
const isListOf = (row: Fields): boolean => texts(row, 'groupId') && isList(row['userIds'])

/**
 * Whether a row of a kind has the fields that its move needs. The host's call has checked their values before it wrote
 * the row.
 */
const isWhole: Readonly<Record<OutboxRequest['kind'], (row: Fields) => boolean>> = {
  c2c: isMessage,
  c2g: isMessage,
  recall: isChange,
  edit: (row) => isChange(row) && isJsonObject((row['request'] as Fields)['content']),
  'group.create': ({ groupId, group }) =>
    typeof groupId === 'string' && texts(group, 'owner', 'name') && isList((group as Fields)['members']),
  'group.add': isListOf,
  'group.remove': isListOf,
  'group.changed': (row) => texts(row, 'groupId'),
  custom: (row) => texts(row, 'userId', 'topic', 'payload'),
}

/** A row as this version reads it. */
export type ReadRow =
  | { readonly request: OutboxRequest; readonly line: string }
  /** A row of an unknown kind: a newer version wrote it. `line` is null where the row names none. */
  | { readonly request: 'unknown'; readonly line: string | null }

/** The text of a row. It names its line, for versions that do not know its kind yet. */
export const rowText = (request: OutboxRequest): JsonText => JSON.stringify({ ...request, line: lineOf(request) })

/** @throws RookeryError `BAD_REQUEST` where the text is not a row */
export function readRow(text: JsonText): ReadRow {
  const row = parsed(text)
  const { kind, line } = row
  if (typeof kind !== 'string') throw noRow('it has no kind')
  if (!Object.hasOwn(isWhole, kind)) return { request: 'unknown', line: typeof line === 'string' ? line : null }
  if (!isWhole[kind as OutboxRequest['kind']](row)) throw noRow(`a row of kind ${kind} has other fields`)
  const request = row as OutboxRequest
  return { request, line: lineOf(request) }
}

function parsed(text: JsonText): Fields {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw noRow('it is not JSON')
  }
  if (!isJsonObject(value)) throw noRow('it is not a JSON object')
  return value
}

const noRow = (fault: string): RookeryError => new RookeryError('BAD_REQUEST', `the row does not parse: ${fault}`)

/** The rows of one line are moved in order: those of one conversation, or the stored facts for one user. */
function lineOf(row: OutboxRequest): string {
  switch (row.kind) {
    case 'custom':
      return `user ${row.userId}`
    case 'c2c':
      return c2cId(row.from, row.request.to, row.request.subject ?? '')
    case 'c2g':
      return row.request.to
    case 'recall':
    case 'edit':
      return row.request.conversationId
    default:
      return row.groupId
  }
}
