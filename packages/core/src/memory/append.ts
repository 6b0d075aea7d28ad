// Appends a message: gives it numbers, stores it, and adds an entry to each member's inbox.
import type { Seq, UserId } from '@rookery/protocol'
import type { NewMessage, StoredMessage } from '../model/message.js'
import type { AppendOp, AppendResult, RefusedResult, StoredKey } from '../ports/storage.js'
import { activeMember, appendEntry, userRow, type ConversationRow, type MemberRow, type Tables } from './rows.js'

export function append(tables: Tables, op: AppendOp): AppendResult | RefusedResult {
  const { message, members } = op
  const known = knownKey(tables, message)
  if (known) return { status: 'duplicate', ...known }

  const existing = tables.conversations.get(message.conversationId)
  if (isStale(existing, op.version)) return { status: 'stale' }
  if (!existing && (message.kind !== 'c2c' || members.length === 0)) {
    return { status: 'refused', error: new Error(`no conversation to append a ${message.kind} message to`) }
  }
  const conversation = existing ?? makeC2c(tables, op)

  const stored = store(tables, conversation, message)
  if (op.movesPosition && message.from !== null) {
    const sender = activeMember(conversation, message.from)
    if (sender) sender.readSeq = stored.seq
  }
  return { status: 'stored', seq: stored.seq, ordinal: stored.ordinal, inbox: point(tables, stored, members) }
}

/** The result that is stored under a message's key. */
export const knownKey = (tables: Tables, { from, clientMsgId }: NewMessage): StoredKey | undefined =>
  (from === null ? tables.systemKeys : userRow(tables, from).keys).get(clientMsgId)

/** Whether a group has another version than the one under which the operation was decided, or is dissolved. */
export const isStale = (conversation: ConversationRow | undefined, version: number | undefined): boolean =>
  version !== undefined && (conversation?.version !== version || conversation.group?.isDissolved === true)

/** Adds an entry that points at a message to each inbox. Answers the sequences of the entries. */
export const point = (
  tables: Tables,
  { conversationId, serverTime: at, seq: conversationSeq }: StoredMessage,
  members: readonly UserId[],
): Seq[] =>
  members.map((userId) => appendEntry(tables, userId, { kind: 'message', at, conversationId, conversationSeq }))

function makeC2c(tables: Tables, { message, members }: AppendOp): ConversationRow {
  const { conversationId, subject, serverTime } = message
  const row = emptyConversation(tables, { conversationId, kind: 'c2c', subject, createdAt: serverTime, group: null })
  for (const userId of members) {
    row.members.set(userId, newMember(0, serverTime))
    userRow(tables, userId).conversations.add(conversationId)
  }
  return row
}

export const newMember = (from: Seq, joinedAt: number): MemberRow => ({
  from,
  to: null,
  earlier: [],
  role: 'member',
  joinedAt,
  mutedUntil: 0,
  readSeq: from,
  deliveredSeq: 0,
  pinned: false,
  muted: false,
  hiddenAt: null,
})

export function emptyConversation(
  tables: Tables,
  given: Pick<ConversationRow, 'conversationId' | 'kind' | 'subject' | 'createdAt' | 'group'>,
): ConversationRow {
  const row: ConversationRow = {
    ...given,
    version: 1,
    messages: [],
    floor: 0,
    floorCount: 0,
    updatedAt: given.createdAt,
    members: new Map(),
    countable: 0,
    lastCountable: 0,
    countableOf: new Map(),
    mentioning: [],
    recalled: [],
    edits: new Map(),
    reactions: new Map(),
  }
  tables.conversations.set(row.conversationId, row)
  return row
}

/** Stores a message at the end of its timeline, and its result under its key. */
export function store(tables: Tables, conversation: ConversationRow, message: NewMessage): StoredMessage {
  const stored = push(conversation, message)
  const { digest, msgId, conversationId, serverTime } = message
  const keys = message.from === null ? tables.systemKeys : userRow(tables, message.from).keys
  keys.set(message.clientMsgId, Object.freeze({ digest, msgId, conversationId, seq: stored.seq, serverTime }))
  return stored
}

function push(conversation: ConversationRow, message: NewMessage): StoredMessage {
  const seq: Seq = conversation.messages.length + 1
  if (message.countable) {
    conversation.countable += 1
    conversation.lastCountable = seq
    conversation.updatedAt = message.serverTime
    if (message.from !== null) {
      const own = conversation.countableOf.get(message.from)
      if (own) own.push(seq)
      else conversation.countableOf.set(message.from, [seq])
    }
    if (message.mentions?.length) conversation.mentioning.push(seq)
  }
  const stored: StoredMessage = Object.freeze({
    msgId: message.msgId,
    clientMsgId: message.clientMsgId,
    conversationId: message.conversationId,
    kind: message.kind,
    from: message.from,
    to: message.to,
    subject: message.subject,
    type: message.type,
    content: message.content,
    ext: message.ext,
    replyTo: message.replyTo,
    silent: message.silent,
    mentions: message.mentions && Object.freeze([...message.mentions]),
    viaServer: message.viaServer,
    countable: message.countable,
    clientTime: message.clientTime,
    serverTime: message.serverTime,
    seq,
    ordinal: conversation.countable,
    recalled: false,
    editedAt: null,
    asOf: null,
    reactions: null,
    withheld: false,
  })
  conversation.messages.push(stored)
  return stored
}
