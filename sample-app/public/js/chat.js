// One signed-in person: what comes from the server goes to the store, what the person does goes to the server.
import { Connection, RequestError } from './connection.js'
import { Inbox } from './inbox.js'
import { deviceId, instance } from './memory.js'
import { Outbox } from './outbox.js'
import { Store } from './store.js'

const pageSize = 50
const typingShownMs = 5000
const typingSentMs = 3000

export class Chat {
  #isReading = false
  #typingSentAt = 0

  /**
   * @param {import('./memory.js').Account} account
   * @param {{ changed: () => void, status: (line: string) => void, ended: (reason: string, line: string) => void }} page
   */
  constructor({ userId, token }, { changed, status, ended }) {
    this.userId = userId
    this.store = new Store(userId, changed)
    this.connection = new Connection({
      auth: () => ({
        token,
        deviceId: deviceId(),
        deviceType: 'web',
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
      forget: () => this.store.forget(),
      caughtUp: () => void this.#refresh(),
    })
    this.outbox = new Outbox(userId, this.connection, {
      changed,
      // The message itself comes through the inbox; until then it is shown as what was sent.
      sent: ({ clientMsgId, to, subject, text }, sent) => {
        const message = { ...sent, clientMsgId, from: userId, to, subject, type: 'text', content: { text } }
        if (!this.store.apply(message)) this.#look(sent.conversationId)
      },
    })
  }

  close() {
    this.connection.close()
  }

  /** @param {import('./store.js').Thread} thread */
  async open(thread) {
    this.store.open(thread)
    const { peerId, subject } = thread
    const request = subject === '' ? { peerId } : { peerId, subject }
    // NOT_FOUND: they have not talked yet. The first message makes the conversation.
    await this.#quietly(async () => this.store.put(await this.connection.request('conversation.get', request)))
    await this.#newestPage()
    await this.#watch()
  }

  /** The messages before those that are held. */
  async earlier() {
    const chat = this.store.chat
    if (chat?.conversationId) await this.#page(chat.conversationId, { before: Math.min(...chat.messages.keys()) })
  }

  /** @param {string} text */
  say(text) {
    const { chat } = this.store
    if (chat) this.outbox.add({ to: chat.peerId, subject: chat.subject, text })
  }

  /** The person writes. */
  types() {
    const conversationId = this.store.chat?.conversationId
    if (!conversationId || Date.now() - this.#typingSentAt < typingSentMs) return
    this.#typingSentAt = Date.now()
    void this.#quietly(() => this.connection.request('typing', { conversationId }))
  }

  /** The person sees the end of the open conversation. */
  async sees() {
    const conversation = this.store.openConversation
    if (!conversation || this.#isReading || conversation.readSeq >= conversation.seq || conversation.unread === 0)
      return
    const { conversationId, seq } = conversation
    this.#isReading = true
    const read = await this.#quietly(() => this.connection.request('read', { conversationId, seq }))
    this.#isReading = false
    // Drawn anew, so that what came meanwhile is seen, too.
    if (read) this.store.read({ conversationId, ...read })
  }

  /** Frees this device's place; the server closes the session. */
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
    else if (event === 'sync') this.inbox.pull()
    else if (event === 'receipt') this.store.receipt(payload)
    else if (event === 'presence') this.store.presence(payload)
    else if (event === 'typing' && payload.userId !== this.userId) {
      this.store.setTyping(payload.conversationId, Date.now() + typingShownMs)
      setTimeout(
        () => this.store.setTyping(payload.conversationId, this.store.typing.get(payload.conversationId) ?? 0),
        typingShownMs,
      )
    }
  }

  #apply(entry) {
    if (entry.kind === 'message') {
      if (!entry.message.type) return
      this.outbox.remove(entry.message.from === this.userId ? entry.message.clientMsgId : '')
      if (!this.store.apply(entry.message)) this.#look(entry.message.conversationId)
    } else if (entry.kind === 'read') {
      if (!this.store.read(entry)) this.#look(entry.conversationId)
    } else if (entry.kind === 'conversation') this.store.settle(entry)
  }

  /** A conversation that is new here. */
  #look(conversationId) {
    void this.#quietly(async () => {
      this.store.put(await this.connection.request('conversation.get', { conversationId }))
      await this.#watch()
    })
  }

  /** Nothing is missing: the list as it stands, and what was said meanwhile in the open conversation. */
  async #refresh() {
    await this.#quietly(async () => {
      let cursor
      do {
        const page = await this.connection.request('conversations', { limit: pageSize, ...(cursor && { cursor }) })
        for (const conversation of page.conversations) this.store.put(conversation)
        cursor = page.cursor
      } while (cursor)
      if (this.store.chat?.messages.size === 0) await this.#newestPage()
      await this.#watch()
    })
  }

  async #newestPage() {
    const conversationId = this.store.chat?.conversationId
    if (conversationId) await this.#page(conversationId, {})
  }

  async #page(conversationId, range) {
    await this.#quietly(async () => {
      const { messages, more } = await this.connection.request('history', { conversationId, limit: pageSize, ...range })
      this.store.addHistory(conversationId, messages, more)
    })
  }

  /** Asks to be told who comes and goes. */
  async #watch() {
    const peers = new Set(this.store.list.slice(0, pageSize).map(({ peerId }) => peerId))
    if (this.store.chat) peers.add(this.store.chat.peerId)
    await this.#quietly(async () => {
      const { users } = await this.connection.request('presence', { userIds: [...peers], subscribe: true })
      for (const user of users) this.store.presence(user)
    })
  }

  /**
   * What fails here is asked again after the next `ready`, or is not there.
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
