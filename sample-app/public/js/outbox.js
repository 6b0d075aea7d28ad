// Messages on their way. It keeps each until the answer, over reconnects and reloads, and sends them one after the
// other in their order, always under their first key, so that the server stores each once.
import { RequestError } from './connection.js'
import { randomId } from './ids.js'
import { loadOutbox, saveOutbox } from './memory.js'

const retryMs = 1000

/**
 * @typedef {{ thread: import('./threads.js').Thread, text: string, mentions: string[] }} Words
 * @typedef {Words & { clientMsgId: string, clientTime: number, error?: string }} Item
 */

/** The request of an item. @param {Item} item @returns {[event: string, request: object]} */
function sendOf({ thread, text, mentions, clientMsgId, clientTime }) {
  const said = { clientMsgId, type: 'text', content: { text }, clientTime }
  if (thread.groupId) return ['c2g', { ...said, to: thread.groupId, ...(mentions.length > 0 && { mentions }) }]
  return ['c2c', { ...said, to: thread.peerId, ...(thread.subject && { subject: thread.subject }) }]
}

export class Outbox {
  #isSending = false
  #userId
  #connection
  #changed
  #sent
  /** @type {Item[]} */
  #items

  /**
   * @param {string} userId
   * @param {import('./connection.js').Connection} connection
   * @param {{ changed: () => void, sent: (item: Item, sent: any) => void }} listener
   */
  constructor(userId, connection, { changed, sent }) {
    this.#userId = userId
    this.#connection = connection
    this.#changed = changed
    this.#sent = sent
    this.#items = loadOutbox(userId)
  }

  /** @returns {readonly Item[]} */
  get items() {
    return this.#items
  }

  /** @param {Words} words */
  add(words) {
    this.#keep([...this.#items, { ...words, clientMsgId: randomId(), clientTime: Date.now() }])
    void this.send()
  }

  /** The message came back as stored, or the user discarded it. @param {string} clientMsgId */
  remove(clientMsgId) {
    if (this.#items.some((item) => item.clientMsgId === clientMsgId))
      this.#keep(this.#items.filter((item) => item.clientMsgId !== clientMsgId))
  }

  /** Sends what waits. Call it whenever a session begins. */
  async send() {
    if (this.#isSending) return
    this.#isSending = true
    try {
      for (let item = this.#next(); item && this.#connection.isReady; item = this.#next()) await this.#sendOne(item)
    } finally {
      this.#isSending = false
    }
  }

  #next() {
    return this.#items.find((item) => item.error === undefined)
  }

  /** @param {Item} item */
  async #sendOne(item) {
    try {
      this.#sent(item, await this.#connection.request(...sendOf(item)))
      this.remove(item.clientMsgId)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      // If the server is about to end this session, the next one sends it.
      if (error.isRetryable || error.code === 'UNAUTHENTICATED') return this.#pause(error.retryAfterMs ?? retryMs)
      // A definite refusal: the server did not store it, and never will under this key. The user sees why.
      this.#keep(this.#items.map((one) => (one === item ? { ...item, error: error.message } : one)))
    }
  }

  /** @param {number} ms */
  #pause(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms))
  }

  /** @param {Item[]} items */
  #keep(items) {
    this.#items = items
    saveOutbox(this.#userId, items)
    this.#changed()
  }
}
