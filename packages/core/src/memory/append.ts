// Appending a message: numbers, the message, and a pointer in each member's inbox.
import type { Seq } from '../model/ids.js'
import type { NewMessage, StoredMessage } from '../model/message.js'
import type { AppendOp, AppendResult, RefusedResult } from '../ports/storage.js'
import { appendEntry, userRow, type ConversationRow, type Tables } from './rows.js'

export function append(tables: Tables, op: AppendOp): AppendResult | RefusedResult {
  const { message, members } = op
  const keys = message.from === null ? tables.systemKeys : userRow(tables, message.from).keys
  const known = keys.get(message.clientMsgId)
  if (known) return { status: 'duplicate', ...known }

  const existing = tables.conversations.get(message.conversationId)
  if (!existing && (message.kind !== 'c2c' || members.length === 0)) {
    return { status: 'refused', error: new Error(`no conversation to append a ${message.kind} message to`) }
  }
  const conversation = existing ?? makeConversation(tables, op)

  const stored = store(conversation, message)
  keys.set(
    message.clientMsgId,
    Object.freeze({
      digest: message.digest,
      msgId: message.msgId,
      conversationId: message.conversationId,
      seq: stored.seq,
      serverTime: message.serverTime,
    }),
  )
  if (op.movesPosition && message.from !== null) {
    const sender = conversation.members.get(message.from)
    if (sender) sender.readSeq = stored.seq
  }
  const { conversationId, serverTime: at } = message
  const inbox = members.map((userId) =>
    appendEntry(tables, userId, { kind: 'message', at, conversationId, conversationSeq: stored.seq }),
  )
  return { status: 'stored', seq: stored.seq, ordinal: stored.ordinal, inbox }
}

function makeConversation(tables: Tables, { message, members }: AppendOp): ConversationRow {
  const row: ConversationRow = {
    conversationId: message.conversationId,
    kind: message.kind,
    subject: message.subject,
    version: 1,
    createdAt: message.serverTime,
    messages: [],
    members: new Map(),
    countable: 0,
    lastCountable: 0,
    countableOf: new Map(),
    mentioning: [],
  }
  for (const userId of members) {
    row.members.set(userId, { readSeq: 0, deliveredSeq: 0, pinned: false, muted: false, hiddenAt: null })
    userRow(tables, userId).conversations.add(row.conversationId)
  }
  tables.conversations.set(row.conversationId, row)
  return row
}

function store(conversation: ConversationRow, message: NewMessage): StoredMessage {
  const seq: Seq = conversation.messages.length + 1
  if (message.countable) {
    conversation.countable += 1
    conversation.lastCountable = seq
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
  })
  conversation.messages.push(stored)
  return stored
}
