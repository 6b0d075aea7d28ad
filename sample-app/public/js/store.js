// What this page knows: conversations, the messages of the one that is open, who is there. No network, no page.

/**
 * @typedef {{ peerId: string, subject: string }} Thread
 * @typedef {Thread & { conversationId: string | null, messages: Map<number, any>, hasMore: boolean }} OpenChat
 */

/** Counts towards unread. */
const isCountable = (message) => !message.silent && !message.type.startsWith('im.')

const isSameThread = (one, other) => one.peerId === other.peerId && (one.subject ?? '') === (other.subject ?? '')

export class Store {
  /** @type {Map<string, any>} by conversation id */
  conversations = new Map()
  /** @type {OpenChat | null} */
  chat = null
  /** @type {Set<string>} the users who are online */
  online = new Set()
  /** @type {Map<string, number>} who types, by conversation id, and until when */
  typing = new Map()
  #userId
  #changed

  /** @param {string} userId @param {() => void} changed called after every change */
  constructor(userId, changed) {
    this.#userId = userId
    this.#changed = changed
  }

  /** Latest activity first. */
  get list() {
    return [...this.conversations.values()]
      .filter(({ kind, hidden }) => kind === 'c2c' && !hidden)
      .sort((a, b) => b.pinned - a.pinned || b.updatedAt - a.updatedAt)
  }

  /** The open conversation, if it exists already. */
  get openConversation() {
    return this.chat?.conversationId ? this.conversations.get(this.chat.conversationId) : undefined
  }

  /** As the server tells it: fresher than whatever was counted here. */
  put(conversation) {
    const held = this.conversations.get(conversation.conversationId)
    if (held && held.seq > conversation.seq) return
    this.conversations.set(conversation.conversationId, { ...held, ...conversation })
    this.#join(conversation)
    this.#changed()
  }

  /** @param {Thread} thread */
  open({ peerId, subject }) {
    this.chat = { peerId, subject, conversationId: null, messages: new Map(), hasMore: false }
    for (const conversation of this.conversations.values()) this.#join(conversation)
    this.#changed()
  }

  close() {
    this.chat = null
    this.#changed()
  }

  /** What is held no longer fits together with what comes. */
  forget() {
    this.conversations.clear()
    if (this.chat) this.open(this.chat)
  }

  /** A page of history of the open conversation, older than what is held or the newest. */
  addHistory(conversationId, messages, hasMore) {
    if (!this.chat || this.chat.conversationId !== conversationId) return
    for (const message of messages) this.chat.messages.set(message.seq, message)
    this.chat.hasMore = hasMore
    this.#changed()
  }

  /**
   * A message of the inbox, once.
   * @returns {boolean} whether its conversation is known here; if not, the server has to be asked for it
   */
  apply(message) {
    const conversation = this.conversations.get(message.conversationId)
    this.#show(message)
    this.typing.delete(message.conversationId)
    if (conversation && message.seq > conversation.seq) this.#count(conversation, message)
    this.#changed()
    return conversation !== undefined
  }

  /** I read this far, here or on another device. @returns {boolean} as for `apply`: false where it cannot be told here */
  read({ conversationId, readSeq, unread, atSeq }) {
    const conversation = this.conversations.get(conversationId)
    if (!conversation) return false
    if (readSeq < conversation.readSeq) return true
    conversation.readSeq = readSeq
    if (atSeq >= conversation.seq) conversation.unread = unread
    this.#changed()
    return atSeq >= conversation.seq
  }

  /** Pinned, muted or hidden on some device. */
  settle({ conversationId, pinned, muted, hidden }) {
    const conversation = this.conversations.get(conversationId)
    if (conversation) Object.assign(conversation, { pinned, muted, hidden })
    this.#changed()
  }

  /** The other side received or read. */
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

  setTyping(conversationId, untilMs) {
    this.typing.set(conversationId, untilMs)
    this.#changed()
  }

  #join(conversation) {
    if (this.chat && isSameThread(this.chat, conversation)) this.chat.conversationId = conversation.conversationId
  }

  #show(message) {
    const peerId = message.from === this.#userId ? message.to : message.from
    if (!this.chat || !isSameThread(this.chat, { peerId, subject: message.subject })) return
    this.chat.conversationId ??= message.conversationId
    const { messages } = this.chat
    if (message.type === 'im.recall' || message.type === 'im.edit') this.#change(message)
    if (!messages.has(message.seq)) messages.set(message.seq, message)
  }

  /** A control message changes only what is older than itself. */
  #change({ type, seq, content }) {
    const held = this.chat?.messages.get(content.seq)
    if (!held || (held.asOf ?? held.seq) >= seq) return
    const change =
      type === 'im.recall' ? { recalled: true, content: undefined } : { content: content.content, editedAt: seq }
    this.chat?.messages.set(held.seq, { ...held, ...change, asOf: seq })
  }

  #count(conversation, message) {
    conversation.seq = message.seq
    if (!isCountable(message)) return
    conversation.lastMessage = message
    conversation.updatedAt = message.serverTime
    conversation.hidden = false
    const isMine = message.from === this.#userId
    if (!isMine) conversation.unread++
    else if (message.via !== 'server') Object.assign(conversation, { readSeq: message.seq, unread: 0 })
  }
}
