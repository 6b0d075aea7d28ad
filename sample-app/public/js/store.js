// What this page knows: conversations, the messages of the open one, who is online. No network and no document.
import { isSameThread, threadOf, threadOfMessage } from './threads.js'

/**
 * @typedef {import('./threads.js').Thread} Thread
 * @typedef {{ userId: string, role: 'owner' | 'admin' | 'member', mutedUntil?: number }} Member
 * @typedef {object} OpenChat
 * @property {Thread} thread
 * @property {string | null} conversationId null while it does not exist
 * @property {Map<number, any>} messages by their sequence
 * @property {boolean} hasMore older ones than the store holds
 * @property {boolean} isLoaded the newest ones were read
 * @property {Map<string, Set<string>>} mine my reactions, by message id
 * @property {any} group null while it is not known, and in a c2c conversation
 * @property {Member[]} members those that are known
 */

/** Counts towards unread. */
const isCountable = (message) => !message.silent && !message.type.startsWith('im.')

/** The store cannot count the effect of these: it asks the server for the conversation's state. */
const hasEffect = ({ type }) => type === 'im.recall' || type === 'im.edit' || type === 'im.group'

export class Store {
  /** @type {Map<string, any>} by conversation id */
  conversations = new Map()
  /** @type {OpenChat | null} */
  chat = null
  /** @type {Set<string>} the users who are online */
  online = new Set()
  /** @type {Map<string, { userId: string, untilMs: number }>} who is typing, by conversation id */
  typing = new Map()
  #userId
  #changed

  /** @param {string} userId @param {() => void} changed called after every change */
  constructor(userId, changed) {
    this.#userId = userId
    this.#changed = changed
  }

  /** Pinned ones first, then those with the latest activity. */
  get list() {
    return [...this.conversations.values()]
      .filter(({ hidden }) => !hidden)
      .sort((a, b) => b.pinned - a.pinned || b.updatedAt - a.updatedAt)
  }

  /** The open conversation, if it exists already. */
  get openConversation() {
    return this.chat?.conversationId ? this.conversations.get(this.chat.conversationId) : undefined
  }

  /** Takes the server's state of a conversation: it is newer than what the store counted. */
  put(conversation) {
    const held = this.conversations.get(conversation.conversationId)
    if (held && held.seq > conversation.seq) return
    this.conversations.set(conversation.conversationId, { ...held, ...conversation })
    this.#join(conversation)
    this.#changed()
  }

  /** The user is no longer a member. */
  drop(conversationId) {
    this.conversations.delete(conversationId)
    if (this.chat?.conversationId === conversationId) this.chat = null
    this.#changed()
  }

  /** @param {Thread} thread */
  open(thread) {
    this.chat = {
      thread,
      conversationId: null,
      messages: new Map(),
      hasMore: false,
      isLoaded: false,
      mine: new Map(),
      group: null,
      members: [],
    }
    for (const conversation of this.conversations.values()) this.#join(conversation)
    this.#changed()
  }

  close() {
    this.chat = null
    this.#changed()
  }

  /** The held data does not fit the next entries. */
  forget() {
    this.conversations.clear()
    if (this.chat) this.open(this.chat.thread)
  }

  /** Takes a page of history of the open conversation: older messages, or the newest. */
  addHistory(conversationId, { messages, more, mine }) {
    if (!this.chat || this.chat.conversationId !== conversationId) return
    for (const message of messages) this.chat.messages.set(message.seq, message)
    this.chat.hasMore = more
    this.chat.isLoaded = true
    this.addMine(mine)
  }

  /** Takes my reactions to the messages of a page. @param {Record<string, string[]>} mine */
  addMine(mine) {
    for (const [msgId, reactions] of Object.entries(mine)) this.chat?.mine.set(msgId, new Set(reactions))
    this.#changed()
  }

  /** Takes the group of the open conversation. @param {any} group @param {Member[]} members */
  setGroup(group, members) {
    const { chat } = this
    if (chat === null || chat.thread.groupId !== group.groupId) return
    Object.assign(chat, { group, members })
    this.#changed()
  }

  /**
   * Takes a message, once.
   * @returns {boolean} whether the store knows its conversation and counted the change; if not, ask the server
   */
  apply(message) {
    const conversation = this.conversations.get(message.conversationId)
    this.#show(message)
    this.typing.delete(message.conversationId)
    const isNew = conversation !== undefined && message.seq > conversation.seq
    if (isNew) this.#count(conversation, message)
    this.#changed()
    return conversation !== undefined && !(isNew && hasEffect(message))
  }

  /**
   * I read this far, here or on another device. @returns {boolean} as for `apply`: false if the store cannot count it
   */
  read({ conversationId, readSeq, unread, atSeq }) {
    const conversation = this.conversations.get(conversationId)
    if (!conversation) return false
    if (readSeq < conversation.readSeq) return true
    conversation.readSeq = readSeq
    const isTold = atSeq >= conversation.seq
    if (isTold) conversation.unread = unread
    if (isTold && unread === 0) conversation.mentioned = 0
    this.#changed()
    return isTold && conversation.mentioned === 0
  }

  /** Another device, or this one, pinned, muted or hid it. */
  settle({ conversationId, pinned, muted, hidden }) {
    const conversation = this.conversations.get(conversationId)
    if (conversation) Object.assign(conversation, { pinned, muted, hidden })
    this.#changed()
  }

  /** The other side received or read messages. */
  receipt({ conversationId, userId, readSeq, deliveredSeq }) {
    const conversation = this.conversations.get(conversationId)
    if (!conversation || userId === this.#userId) return
    conversation.peerReadSeq = Math.max(conversation.peerReadSeq ?? 0, readSeq ?? 0)
    conversation.peerDeliveredSeq = Math.max(conversation.peerDeliveredSeq ?? 0, deliveredSeq ?? 0)
    this.#changed()
  }

  presence({ userId, online }) {
    if (online) this.online.add(userId)
    else this.online.delete(userId)
    this.#changed()
  }

  /** A user is typing in a conversation until `untilMs`, Unix ms. */
  setTyping(conversationId, userId, untilMs) {
    this.typing.set(conversationId, { userId, untilMs })
    this.#changed()
  }

  /** Unless the user went on typing. */
  endTyping(conversationId) {
    if ((this.typing.get(conversationId)?.untilMs ?? 0) <= Date.now()) this.typing.delete(conversationId)
    this.#changed()
  }

  #join(conversation) {
    if (this.chat && isSameThread(this.chat.thread, threadOf(conversation)))
      this.chat.conversationId = conversation.conversationId
  }

  #show(message) {
    const { chat } = this
    if (!chat) return
    const { conversationId } = message
    if (chat.conversationId === null && isSameThread(chat.thread, threadOfMessage(message, this.#userId)))
      chat.conversationId = conversationId
    if (chat.conversationId !== conversationId) return
    if (message.type.startsWith('im.')) this.#change(chat, message)
    if (!chat.messages.has(message.seq)) chat.messages.set(message.seq, message)
  }

  /** A control message changes only messages older than itself. @param {OpenChat} chat @param {any} control */
  #change(chat, { type, seq, from, content, serverTime }) {
    const held = chat.messages.get(content?.seq)
    if (!held) return
    if (type === 'im.reaction' && from === this.#userId) {
      const mine = new Set(chat.mine.get(held.msgId))
      if (content.remove) mine.delete(content.reaction)
      else mine.add(content.reaction)
      chat.mine.set(held.msgId, mine)
    }
    if ((held.asOf ?? held.seq) >= seq) return
    const change =
      type === 'im.recall'
        ? { recalled: true, content: undefined, reactions: undefined }
        : type === 'im.edit'
          ? { content: content.content, editedAt: serverTime }
          : type === 'im.reaction'
            ? { reactions: withReaction(held.reactions, content) }
            : {}
    chat.messages.set(held.seq, { ...held, ...change, asOf: seq })
  }

  #count(conversation, message) {
    conversation.seq = message.seq
    if (!isCountable(message)) return
    conversation.lastMessage = message
    conversation.updatedAt = message.serverTime
    conversation.hidden = false
    if (message.from !== this.#userId) {
      conversation.unread++
      if (message.mentions?.some((who) => who === this.#userId || who === '@all')) conversation.mentioned++
    } else if (message.via !== 'server') Object.assign(conversation, { readSeq: message.seq, unread: 0, mentioned: 0 })
  }
}

/** A reaction can be any text, so it must not become a key of a plain object. */
function withReaction(reactions, { reaction, remove }) {
  const counts = new Map(Object.entries(reactions ?? {}))
  const count = (counts.get(reaction) ?? 0) + (remove ? -1 : 1)
  if (count > 0) counts.set(reaction, count)
  else counts.delete(reaction)
  return Object.fromEntries(counts)
}
