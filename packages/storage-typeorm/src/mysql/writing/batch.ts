// The state of one transaction: locked rows as they were read and then changed here, and the statements that write them
// back.
//
// Operations run in memory, one after another. One read loads in advance what all of them need. Only for rare needs a
// read comes in between, after the changes so far are written.
import type { NewMessage, StoredKey } from '@rookery/core'
import { entryKind } from '../../rows/codes.js'
import { flagsOf, isExceptional } from '../../rows/flags.js'
import { packMentions } from '../../rows/mentions.js'
import type { Answers, Row } from '../link.js'
import type { Sql } from '../sql.js'
import { isSame, RowsMissing, type NewConversation } from './making.js'
import { Pending } from './pending.js'
import {
  newMember,
  targetColumns,
  targetOf,
  type ConversationRow,
  type DeviceRow,
  type MemberRow,
  type Side,
  type TargetRow,
  type UserRow,
} from './rows.js'

const pairOf = (one: number | string, other: number | string): string => `${one}\0${other}`

export class Batch {
  readonly #conversations = new Map<string, ConversationRow>()
  readonly users = new Map<string, UserRow>()
  /** Conversations that were made for this try and that no operation has used yet, by their id. */
  readonly #unborn: Map<string, NewConversation>
  readonly #begun = new Set<string>()
  loginEpoch: number | null = null
  readonly #toMake = new Map<string, NewConversation>()
  readonly #keys = new Map<string, StoredKey>()
  readonly #members = new Map<string, MemberRow>()
  readonly #devices = new Map<string, DeviceRow | null>()
  readonly #ordinals = new Map<string, number>()
  readonly #targets = new Map<string, TargetRow>()
  readonly #reactions = new Map<string, number>()
  /** All members of each group for which an operation needs them. */
  readonly #rosters = new Map<number, Set<string>>()
  /** Sequences of the pointers that this batch has added to inboxes. */
  readonly #pointers = new Map<number, number[]>()
  /** Delivered positions that this batch has raised. */
  readonly #raised = new Map<string, number>()

  readonly #pending = new Pending()

  constructor(
    readonly sql: Sql,
    /** Conversations that were made for this try. */
    readonly made: readonly NewConversation[],
    private readonly send: (statements: readonly string[]) => Promise<Answers>,
  ) {
    this.#unborn = new Map(made.map((one) => [one.conversationId, one]))
  }

  // What was read.

  learnConversation(conversation: ConversationRow): void {
    const { conversationId, lastSeq } = conversation
    this.#conversations.set(conversationId, conversation)
    // Another node made the conversation, and it has a message already.
    if (lastSeq > 0) this.#unborn.delete(conversationId)
  }

  /** A locked conversation; undefined where there is none. */
  conversation(conversationId: string): ConversationRow | undefined {
    return this.#unborn.has(conversationId) ? undefined : this.#conversations.get(conversationId)
  }

  /**
   * Begins a conversation that does not exist yet. Answers undefined where its row must be made first: the batch goes
   * on to find what else is missing, and begins again.
   */
  begin(wanted: NewConversation): ConversationRow | undefined {
    const { conversationId, createdAt, persons } = wanted
    const made = this.#unborn.get(conversationId)
    const conversation = this.#conversations.get(conversationId)
    if (made === undefined || conversation === undefined || !isSame(made, wanted)) {
      if (!this.#toMake.has(conversationId)) this.#toMake.set(conversationId, wanted)
      return undefined
    }
    this.#unborn.delete(conversationId)
    this.#begun.add(conversationId)
    for (const person of persons) this.touchMember(person, conversation, newMember(0, createdAt))
    return conversation
  }

  learnTarget(conversation: number, target: TargetRow): void {
    this.#targets.set(pairOf(conversation, target.seq), target)
  }

  /** A message that an operation changes; undefined where there is none. */
  async target(conversation: ConversationRow, seq: number): Promise<TargetRow | undefined> {
    const known = this.#targets.get(pairOf(conversation.id, seq))
    if (known !== undefined || seq > conversation.lastSeq || !(seq > 0)) return known
    // This batch may have appended the message.
    const [row] = await this.ask(
      `SELECT ${targetColumns} FROM ${this.sql.t.message} m
        WHERE m.conversation = ${conversation.id} AND m.seq = ${this.sql.int(seq)}`,
    )
    if (row === undefined) return undefined
    const target = targetOf(row)
    this.learnTarget(conversation.id, target)
    return target
  }

  /** The sequence of the control message for this reaction; undefined where the user has not reacted so. */
  reaction(conversation: ConversationRow, seq: number, person: number, reaction: string): number | undefined {
    return this.#reactions.get(`${conversation.id} ${seq} ${person} ${reaction}`)
  }

  setReaction(conversation: number, seq: number, person: number, reaction: string, by: number | null): void {
    const name = `${conversation} ${seq} ${person} ${reaction}`
    if (by === null) this.#reactions.delete(name)
    else this.#reactions.set(name, by)
  }

  learnRoster(conversation: number, userIds: Iterable<string>): void {
    this.#rosters.set(conversation, new Set(userIds))
  }

  /** All members of a group, where an operation of this batch needs them. Joins and leaves change the set. */
  roster(conversation: ConversationRow): Set<string> {
    const known = this.#rosters.get(conversation.id)
    if (known) return known
    const empty = new Set<string>()
    this.#rosters.set(conversation.id, empty)
    return empty
  }

  /** Changes every loaded membership of the conversation. A statement changes the others in the database. */
  changeMembers(conversation: ConversationRow, change: (member: MemberRow) => MemberRow): void {
    for (const [name, member] of this.#members) {
      if (!name.endsWith(`\0${conversation.id}`) || member.toSeq !== null) continue
      const changed = change(member)
      this.#members.set(name, changed)
      const pending = this.#pending.members.get(name)
      if (pending !== undefined) this.#pending.members.set(name, [pending[0], pending[1], changed])
    }
  }

  learnKey(from: string | null, clientMsgId: string, key: StoredKey): void {
    this.#keys.set(pairOf(from ?? '', clientMsgId), key)
  }

  /** What is stored under a key that was loaded, or taken by an earlier operation. */
  known(from: string | null, clientMsgId: string): StoredKey | undefined {
    return this.#keys.get(pairOf(from ?? '', clientMsgId))
  }

  learnMember(person: number, conversation: number, member: MemberRow): void {
    this.#members.set(pairOf(person, conversation), member)
  }

  /** A loaded membership, also an ended one; undefined where there is none. */
  member(person: number, conversation: ConversationRow): MemberRow | undefined {
    return this.#members.get(pairOf(person, conversation.id))
  }

  learnDevice(person: number, deviceId: string, device: DeviceRow | null): void {
    this.#devices.set(pairOf(person, deviceId), device)
  }

  device(person: number, deviceId: string): DeviceRow | null {
    return this.#devices.get(pairOf(person, deviceId)) ?? null
  }

  learnOrdinal(conversation: number, seq: number, ordinal: number): void {
    this.#ordinals.set(pairOf(conversation, seq), ordinal)
  }

  /** A locked user. */
  userRow(userId: string): UserRow {
    const user = this.users.get(userId)
    if (user === undefined) throw new Error('a user was not locked')
    return user
  }

  /** The message's number among the countable ones. */
  async ordinalAt(conversation: ConversationRow, seq: number): Promise<number> {
    if (seq === conversation.lastSeq) return conversation.countable
    const known = this.#ordinals.get(pairOf(conversation.id, seq))
    if (known !== undefined) return known
    const [row] = await this.ask(
      `SELECT ordinal FROM ${this.sql.t.message} WHERE conversation = ${conversation.id} AND seq = ${this.sql.int(seq)}`,
    )
    return row === undefined ? conversation.floorCount : (row[0] as number)
  }

  /** How many messages after a position are countable, but not unread for this reader. */
  async exceptionsAfter(conversation: ConversationRow, seq: number, person: number): Promise<number> {
    if (conversation.lastExceptionalSeq <= seq) return 0
    const [row] = await this.ask(
      `SELECT COUNT(*) FROM ${this.sql.t.exceptional} WHERE conversation = ${conversation.id}
        AND seq > ${this.sql.int(seq)} AND (sender = ${person} OR recalled = 1)`,
    )
    return row?.[0] as number
  }

  /** Whether this batch has added a pointer to an inbox after `after`, up to `to`. */
  hasPointer(person: number, after: number, to: number): boolean {
    return this.#pointers.get(person)?.some((seq) => seq > after && seq <= to) === true
  }

  /** The delivered position to which this batch has raised the stored one; undefined where it has not. */
  delivered(person: number, conversation: number): number | undefined {
    return this.#raised.get(pairOf(person, conversation))
  }

  // What is written.

  touch(conversation: ConversationRow): void {
    this.#pending.conversations.add(conversation)
  }

  touchMember(person: number, conversation: ConversationRow, member: MemberRow): void {
    const name = pairOf(person, conversation.id)
    this.#members.set(name, member)
    this.#pending.members.set(name, [person, conversation.id, member])
  }

  setDevice(person: number, deviceId: string, device: DeviceRow | null): void {
    const name = pairOf(person, deviceId)
    this.#devices.set(name, device)
    this.#pending.devices.set(name, [person, deviceId, device])
  }

  setDelivered(person: number, conversation: number, seq: number): void {
    const name = pairOf(person, conversation)
    const member = this.#members.get(name)
    if (member !== undefined) member.deliveredSeq = seq
    this.#raised.set(name, seq)
    this.#pending.delivered.set(name, [person, conversation, seq])
  }

  raiseLogin(user: UserRow): number {
    if (this.loginEpoch === null) throw new Error('the login epoch was not locked')
    this.loginEpoch += 1
    this.#pending.logins.set(user.person, this.loginEpoch)
    return this.loginEpoch
  }

  /** Takes a key for a request that is not a message, and stores its answer. */
  takeKey(from: string | null, person: number, clientMsgId: string, key: StoredKey, conversation: number | null): void {
    const { sql } = this
    this.learnKey(from, clientMsgId, key)
    const values = [sql.int(person), sql.bytes(clientMsgId), sql.text(key.digest), sql.int(conversation)]
    this.#pending.keys.push(`(${values.join(',')},NULL,${sql.int(key.serverTime)})`)
  }

  /**
   * Puts a message at the end of its timeline, under its key, and raises the conversation's counters.
   * @param moved whether the sender's position moves to it
   */
  addMessage(
    conversation: ConversationRow,
    message: NewMessage,
    person: number,
    moved: boolean,
  ): { readonly seq: number; readonly ordinal: number } {
    const { sql } = this
    const seq = (conversation.lastSeq += 1)
    if (message.countable) {
      conversation.countable += 1
      conversation.lastCountableSeq = seq
      conversation.updatedAt = message.serverTime
      if (isExceptional(message, moved)) {
        conversation.lastExceptionalSeq = seq
        this.#pending.exceptional.push(`(${conversation.id},${seq},${person},0)`)
      }
      if (message.mentions !== null && message.mentions.length > 0) {
        conversation.lastMentionSeq = seq
        this.#pending.mentions.push(`(${conversation.id},${seq})`)
      }
    }
    const ordinal = conversation.countable
    this.touch(conversation)
    this.learnOrdinal(conversation.id, seq, ordinal)
    const { msgId, clientMsgId, digest, serverTime, subject, conversationId } = message
    this.learnKey(message.from, clientMsgId, { digest, msgId, conversationId, seq, serverTime })
    this.#pending.keys.push(`(${person},${sql.bytes(clientMsgId)},NULL,${conversation.id},${seq},NULL)`)
    const numbers = [message.from === null ? null : person, recipientOf(this, message), serverTime, message.clientTime]
    const texts = [
      message.type,
      message.content,
      msgId,
      digest,
      subject === conversation.subject ? null : subject,
      message.ext,
      packMentions(message.mentions),
    ]
    this.#pending.messages.push(
      `(${conversation.id},${seq},${ordinal},${[...numbers, message.replyTo].map((n) => sql.int(n)).join(',')},
        ${flagsOf(message, moved)},${sql.bytes(clientMsgId)},${texts.map((text) => sql.text(text)).join(',')})`,
    )
    return { seq, ordinal }
  }

  /** Adds a pointer to an inbox; answers its sequence. */
  addPointer(user: UserRow, at: number, conversation: number, conversationSeq: number): number {
    const seq = this.#nextEntry(user)
    this.#pending.entries.push(
      `(${user.person},${seq},${entryKind.message},${this.sql.int(at)},${conversation},${conversationSeq},NULL)`,
    )
    const mine = this.#pointers.get(user.person)
    if (mine) mine.push(seq)
    else this.#pointers.set(user.person, [seq])
    return seq
  }

  /** Adds a fact to an inbox; answers its sequence. */
  addFact(user: UserRow, kind: number, at: number, body: string): number {
    const seq = this.#nextEntry(user)
    this.#pending.entries.push(`(${user.person},${seq},${kind},${this.sql.int(at)},NULL,NULL,${this.sql.text(body)})`)
    return seq
  }

  #nextEntry(user: UserRow): number {
    this.#pending.users.add(user)
    user.head += 1
    return user.head
  }

  /** Adds a statement that runs after the rows gathered so far. */
  add(statement: string): void {
    this.#pending.others.push(statement)
  }

  /** Writes the changes so far, and runs a read after them. */
  async ask(statement: string): Promise<readonly Row[]> {
    const answers = await this.send([...this.flush(), statement])
    return answers.at(-1) ?? []
  }

  /** @throws RowsMissing where rows are missing that the batch needs */
  check(): void {
    if (this.#toMake.size === 0 && this.#unborn.size === 0) return
    // The next try does not make conversations again that no operation began.
    const begun = this.made.filter((one) => this.#begun.has(one.conversationId))
    const wanted = new Map(begun.map((one) => [one.conversationId, one]))
    for (const [id, one] of this.#toMake) wanted.set(id, one)
    const beside = [...this.#conversations.keys()].filter((id) => !wanted.has(id) && !this.#unborn.has(id))
    throw new RowsMissing([], [...wanted.values()], beside)
  }

  /** The statements that write the changes since the last call. */
  flush(): readonly string[] {
    return this.#pending.take(this.sql)
  }
}

const recipientOf = (batch: Batch, { to }: NewMessage): number | null => (to === null ? null : batch.userRow(to).person)

/** The user's side; undefined for a user who is not a member. */
export function sideOf({ a, b }: ConversationRow, person: number): Side | undefined {
  if (a?.person === person) return a
  return b?.person === person ? b : undefined
}
