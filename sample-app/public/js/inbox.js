// This device's place in its user's inbox: every entry is applied once, in order, whether it came live or in a page.
import { loadPosition, savePosition } from './memory.js'

const retryMs = 1000
/** Live entries are acknowledged together. */
const ackMs = 200

/**
 * @typedef {object} Target
 * @property {(entry: any) => void} apply each entry once, in order
 * @property {() => void} forget what is held no longer fits together with what comes
 * @property {() => void} caughtUp nothing is missing now
 */

export class Inbox {
  #isPulling = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #ackTimer
  #connection
  #target
  #userId
  /** @type {import('./memory.js').Position | null} */
  #position

  /** @param {string} userId @param {import('./connection.js').Connection} connection @param {Target} target */
  constructor(userId, connection, target) {
    this.#userId = userId
    this.#connection = connection
    this.#target = target
    this.#position = loadPosition(userId)
  }

  /** A session has begun. */
  ready({ seq, epoch, reset }) {
    this.#isPulling = false
    if (this.#position === null) {
      // Nothing is held here: follow from now on. What was said before is read from the conversations.
      this.#moveTo({ seq, epoch })
      this.#target.caughtUp()
      return
    }
    if (reset) this.#startOver(epoch)
    this.pull()
  }

  /** Live entries. */
  received(entries) {
    for (const entry of entries) {
      if (this.#position === null || entry.seq > this.#position.seq + 1) return this.pull()
      this.#apply(entry)
    }
    if (this.#ackTimer === undefined) this.#ackTimer = setTimeout(() => this.#acknowledge(), ackMs)
  }

  /** Reads pages until nothing is missing. */
  pull() {
    if (this.#isPulling) return
    this.#isPulling = true
    this.#nextPage()
  }

  #nextPage() {
    const { seq: since = 0, at: sinceAt } = this.#position ?? {}
    this.#connection.ask('pull', { since, ...(sinceAt !== undefined && { sinceAt }) }, (error, page) => {
      if (error) {
        // A connection that was lost begins again with `ready`.
        if (error.code !== 'OFFLINE') setTimeout(() => this.#connection.isReady && this.#nextPage(), retryMs)
        return
      }
      if (page.reset) this.#startOver(page.epoch)
      else if (page.truncated) this.#target.forget()
      for (const entry of page.entries) this.#apply(entry)
      if (page.seq > (this.#position?.seq ?? 0)) this.#moveTo({ seq: page.seq, epoch: page.epoch })
      if (page.more || page.reset) return this.#nextPage()
      this.#isPulling = false
      this.#target.caughtUp()
    })
  }

  #apply(entry) {
    if (this.#position !== null && entry.seq <= this.#position.seq) return
    this.#target.apply(entry)
    this.#moveTo({ seq: entry.seq, at: entry.at, epoch: this.#position?.epoch ?? '' })
  }

  #acknowledge() {
    this.#ackTimer = undefined
    this.#connection.ask('ack', { seq: this.#position?.seq ?? 0 }, () => {})
  }

  #startOver(epoch) {
    this.#moveTo({ seq: 0, epoch })
    this.#target.forget()
  }

  #moveTo(position) {
    this.#position = position
    savePosition(this.#userId, position)
  }

  /** What the next handshake says of it. */
  get since() {
    if (this.#position === null) return {}
    const { seq, at, epoch } = this.#position
    return { since: seq, epoch, ...(at !== undefined && { sinceAt: at }) }
  }
}
