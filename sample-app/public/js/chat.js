// One signed-in user: events from the server change the store, actions of the user become requests to the server.
import { Connection, RequestError } from './connection.js'
import { Inbox } from './inbox.js'
import { deviceId, deviceType, instance } from './memory.js'
import { Outbox } from './outbox.js'
import { Store } from './store.js'
import { requestOf } from './threads.js'

const pageSize = 50
const typingShownMs = 5000
const typingSentMs = 3000
/** Members shown, and offered for mentions, before the user asks for more. */
const membersShown = 200

/** @typedef {import('./threads.js').Thread} Thread */

/**
 * @typedef {object} Page
 * @property {() => void} changed
 * @property {(line: string) => void} status
 * @property {(reason: string, line: string) => void} ended
 * @property {(topic: string, payload: any) => void} told a fact that the app stored for this user
 * @property {() => void} caughtUp the store is up to date now
 */

export class Chat {
  #isReading = false
  #typingSentAt = 0
  /** Conversations to ask for. @type {Set<string>} */
  #unknown = new Set()
  /** Where the next page of members of the open group begins. @type {string | undefined} */
  #membersCursor

  /** @param {import('./memory.js').Account} account @param {Page} page */
  constructor({ userId, token }, { changed, status, ended, told, caughtUp }) {
    this.userId = userId
    this.store = new Store(userId, changed)
    this.told = told
    this.connection = new Connection({
      auth: () => ({
        token,
        deviceId: deviceId(),
        deviceType: deviceType(),
        instance: instance(),
        protocol: 1,
        ...this.inbox.since,
      }),
      ready: (ready) => void this.#begin(ready),
      event: (event, payload) => this.#received(event, payload),
      status,
      ended,
    })
    this.inbox = new Inbox(userId, this.connection, {
      apply: (entry) => this.#apply(entry),
      say: (message) => this.#say(message),
      mine: (mine) => this.store.addMine(mine),
      forget: () => this.store.forget(),
      caughtUp: () => {
        caughtUp()
        void this.#refresh()
      },
    })
    this.outbox = new Outbox(userId, this.connection, {
      changed,
      // The message itself comes through the inbox; until then the page shows what was sent.
      sent: ({ clientMsgId, thread, text, mentions }, sent) => {
        const to = thread.groupId ? { groupId: thread.groupId } : { to: thread.peerId, subject: thread.subject }
        const message = { ...sent, ...to, clientMsgId, from: userId, type: 'text', content: { text }, mentions }
        if (!this.store.apply(message)) this.#look(sent.conversationId)
      },
    })
  }

  close() {
    this.connection.close()
  }

  /** @param {Thread} thread */
  async open(thread) {
    this.store.open(thread)
    // NOT_FOUND: the two have not talked yet. The first message creates the conversation.
    await this.#quietly(async () =>
      this.store.put(await this.connection.request('conversation.get', requestOf(thread))),
    )
    await this.#newestPage()
    await this.#group()
    await this.#watch()
  }

  /** Reads the messages before those that the store holds. */
  async earlier() {
    const chat = this.store.chat
    if (chat?.conversationId) await this.#page(chat.conversationId, { before: Math.min(...chat.messages.keys()) })
  }

  /** @param {string} text @param {string[]} mentions user ids, or `@all` */
  say(text, mentions) {
    const { chat } = this.store
    if (chat) this.outbox.add({ thread: chat.thread, text, mentions })
  }

  // The calls below throw a RequestError if the server refuses them: the page shows why.

  /** @param {number} seq */
  recall(seq) {
    return this.#here('recall', { seq })
  }

  /** @param {number} seq @param {string} text */
  edit(seq, text) {
    return this.#here('edit', { seq, content: { text } })
  }

  /** @param {number} seq @param {string} reaction @param {boolean} remove */
  react(seq, reaction, remove) {
    return this.#here('react', { seq, reaction, ...(remove && { remove }) })
  }

  /**
   * Reads who has read a message. @param {number} seq @returns {Promise<{ read: number, total: number, userIds:
   * string[] }>}
   */
  readers(seq) {
    return this.#here('readers', { seq })
  }

  /** Pins or mutes the open conversation, on all devices. @param {{ pinned?: boolean, muted?: boolean }} settings */
  async keep(settings) {
    this.store.put(await this.#here('conversation.update', settings))
  }

  /** @param {string} name @param {string[]} members @returns {Promise<Thread>} */
  async makeGroup(name, members) {
    const { groupId } = await this.connection.request('group.create', { name, members })
    return { groupId }
  }

  /** Changes the open group: `update`, `add`, `remove`, `role`, `mute`, `leave`, `dissolve`. */
  async changeGroup(what, request = {}) {
    const groupId = this.store.chat?.thread.groupId
    await this.connection.request(`group.${what}`, { groupId, ...request })
    if (what !== 'leave' && what !== 'dissolve') await this.#group()
  }

  get hasMoreMembers() {
    return this.#membersCursor !== undefined
  }

  async moreMembers() {
    const { chat } = this.store
    if (!chat?.group) return
    const request = { groupId: chat.group.groupId, cursor: this.#membersCursor }
    const page = await this.connection.request('group.members', request)
    this.#membersCursor = page.cursor
    this.store.setGroup(chat.group, [...chat.members, ...page.members])
  }

  /** The user is typing. */
  types() {
    const conversationId = this.store.chat?.conversationId
    if (!conversationId || Date.now() - this.#typingSentAt < typingSentMs) return
    this.#typingSentAt = Date.now()
    void this.#quietly(() => this.connection.request('typing', { conversationId }))
  }

  /** The user sees the end of the open conversation. */
  async sees() {
    const conversation = this.store.openConversation
    if (!conversation || this.#isReading || conversation.readSeq >= conversation.seq || conversation.unread === 0)
      return
    const { conversationId, seq } = conversation
    this.#isReading = true
    const read = await this.#quietly(() => this.connection.request('read', { conversationId, seq }))
    this.#isReading = false
    // The page draws it again, so that the user sees what arrived meanwhile.
    if (read) this.store.read({ conversationId, ...read })
  }

  /** Frees this device's slot; the server closes the session. */
  async logOut() {
    await this.#quietly(() => this.connection.request('logout', {}))
    this.close()
  }

  async #begin(ready) {
    this.inbox.ready(ready)
    await this.outbox.send()
  }

  #received(event, payload) {
    if (event === 'entries') this.inbox.received(payload.entries)
    else if (event === 'timeline') this.inbox.said(payload)
    else if (event === 'sync') this.inbox.pull()
    else if (event === 'receipt') this.store.receipt(payload)
    else if (event === 'presence') this.store.presence(payload)
    else if (event === 'typing' && payload.userId !== this.userId) {
      const { conversationId, userId } = payload
      this.store.setTyping(conversationId, userId, Date.now() + typingShownMs)
      setTimeout(() => this.store.endTyping(conversationId), typingShownMs)
    }
  }

  #apply(entry) {
    if (entry.kind === 'message') this.#say(entry.message)
    else if (entry.kind === 'read') {
      if (!this.store.read(entry)) this.#look(entry.conversationId)
    } else if (entry.kind === 'conversation') this.store.settle(entry)
    else if (entry.kind === 'custom') this.told(entry.topic, entry.payload)
  }

  #say(message) {
    // Of trimmed messages only the ids remain.
    if (!message.type) return
    const { conversationId, type, content } = message
    if (message.from === this.userId) this.outbox.remove(message.clientMsgId)
    if (type === 'im.group' && this.#endsForMe(content)) {
      this.#unknown.delete(conversationId)
      this.store.drop(conversationId)
      return
    }
    if (!this.store.apply(message)) this.#look(conversationId)
    if (type === 'im.group' && this.store.chat?.conversationId === conversationId) void this.#group()
  }

  #endsForMe({ event, userIds = [] }) {
    return event === 'dissolved' || ((event === 'removed' || event === 'left') && userIds.includes(this.userId))
  }

  /**
   * Asks for a conversation that is new here, or whose state the store cannot compute; once for all events of this
   * turn.
   */
  #look(conversationId) {
    this.#unknown.add(conversationId)
    if (this.#unknown.size > 1) return
    setTimeout(async () => {
      for (const id of this.#unknown) {
        this.#unknown.delete(id)
        await this.#quietly(async () =>
          this.store.put(await this.connection.request('conversation.get', { conversationId: id })),
        )
      }
      await this.#watch()
    })
  }

  /** The store is up to date: reads the list as it stands, and what the open conversation got meanwhile. */
  async #refresh() {
    await this.#quietly(async () => {
      let cursor
      do {
        const page = await this.connection.request('conversations', { limit: pageSize, ...(cursor && { cursor }) })
        for (const conversation of page.conversations) this.store.put(conversation)
        cursor = page.cursor
      } while (cursor)
      if (this.store.chat?.isLoaded === false) await this.#newestPage()
      await this.#group()
      await this.#watch()
    })
  }

  /** Reads the open group and its first members. */
  async #group() {
    const groupId = this.store.chat?.thread.groupId
    if (!groupId) return
    await this.#quietly(async () => {
      const group = await this.connection.request('group.get', { groupId })
      const { members, cursor } = await this.connection.request('group.members', { groupId, limit: membersShown })
      this.#membersCursor = cursor
      this.store.setGroup(group, members)
    })
  }

  async #newestPage() {
    const conversationId = this.store.chat?.conversationId
    if (conversationId) await this.#page(conversationId, {})
  }

  async #page(conversationId, range) {
    await this.#quietly(async () => {
      const request = { conversationId, limit: pageSize, ...range }
      this.store.addHistory(conversationId, await this.connection.request('history', request))
    })
  }

  /** Asks for presence events of these users. */
  async #watch() {
    const peers = new Set(this.store.list.slice(0, pageSize).flatMap(({ peerId }) => peerId ?? []))
    if (this.store.chat?.thread.peerId) peers.add(this.store.chat.thread.peerId)
    await this.#quietly(async () => {
      const { users } = await this.connection.request('presence', { userIds: [...peers], subscribe: true })
      for (const user of users) this.store.presence(user)
    })
  }

  /** Sends a request about the open conversation. */
  #here(event, request) {
    return this.connection.request(event, { conversationId: this.store.chat?.conversationId, ...request })
  }

  /**
   * A request that fails here runs again after the next `ready`, or its object does not exist.
   * @template T @param {() => Promise<T>} work @returns {Promise<T | undefined>}
   */
  async #quietly(work) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
    }
  }
}
