// This device's position in its user's inbox, and in the timelines of large groups. It applies everything once, in
// order, whether it came live or in a page.
import { loadPosition, savePosition } from './memory.js'
import { Timelines } from './timelines.js'

const retryMs = 1000
/** It acknowledges the live entries of this time together. */
const ackMs = 200

/**
 * @typedef {object} Target
 * @property {(entry: any) => void} apply each entry once, in order
 * @property {(message: any) => void} say each message of a large group once, in order
 * @property {(mine: Record<string, string[]>) => void} mine my own reactions to the messages of a page
 * @property {() => void} forget the held data does not fit the next entries
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
  #timelines

  /** @param {string} userId @param {import('./connection.js').Connection} connection @param {Target} target */
  constructor(userId, connection, target) {
    this.#userId = userId
    this.#connection = connection
    this.#target = target
    this.#position = loadPosition(userId)
    this.#timelines = new Timelines(this.#position?.timelines)
  }

  /** A session has begun. */
  ready({ seq, epoch, reset, timelines }) {
    this.#isPulling = false
    if (this.#position === null) {
      // The device holds nothing: it follows from now on. It reads older messages from the conversations.
      this.#timelines.begin(timelines)
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
    this.#acknowledgeSoon()
  }

  /** Live messages of a large group. */
  said(event) {
    if (!this.#timelines.take(event, this.#target.say)) return this.pull()
    this.#save()
    this.#acknowledgeSoon()
  }

  /** Reads pages until nothing is missing. */
  pull() {
    if (this.#isPulling) return
    this.#isPulling = true
    this.#nextPage()
  }

  #nextPage() {
    const { seq: since = 0, at: sinceAt } = this.#position ?? {}
    const request = { since, ...(sinceAt !== undefined && { sinceAt }), timelines: this.#timelines.positions }
    this.#connection.ask('pull', request, (error, page) => {
      if (error) {
        // A lost connection begins again with `ready`.
        if (error.code !== 'OFFLINE') setTimeout(() => this.#connection.isReady && this.#nextPage(), retryMs)
        return
      }
      if (page.reset) this.#startOver(page.epoch)
      else if (page.truncated || page.timelines.some(({ truncated }) => truncated)) this.#target.forget()
      let begins = false
      for (const entry of page.entries) {
        begins ||= entry.kind === 'follow'
        this.#apply(entry)
      }
      for (const timeline of page.timelines) this.#timelines.takePage(timeline, this.#target.say)
      this.#target.mine(page.mine ?? {})
      if (page.seq > (this.#position?.seq ?? 0)) this.#moveTo({ seq: page.seq, epoch: page.epoch })
      else this.#save()
      if (page.more || page.reset || begins) return this.#nextPage()
      this.#isPulling = false
      this.#target.caughtUp()
    })
  }

  #apply(entry) {
    if (this.#position !== null && entry.seq <= this.#position.seq) return
    if (!this.#timelines.tell(entry)) this.#target.apply(entry)
    this.#moveTo({ seq: entry.seq, at: entry.at, epoch: this.#position?.epoch ?? '' })
  }

  #acknowledgeSoon() {
    if (this.#ackTimer !== undefined) return
    this.#ackTimer = setTimeout(() => {
      this.#ackTimer = undefined
      const request = { seq: this.#position?.seq ?? 0, timelines: this.#timelines.positions }
      this.#connection.ask('ack', request, () => {})
    }, ackMs)
  }

  #startOver(epoch) {
    this.#timelines.clear()
    this.#moveTo({ seq: 0, epoch })
    this.#target.forget()
  }

  /** @param {{ seq: number, at?: number, epoch: string }} position */
  #moveTo(position) {
    this.#position = { ...position, timelines: {} }
    this.#save()
  }

  #save() {
    if (this.#position === null) return
    this.#position = { ...this.#position, timelines: this.#timelines.positions }
    savePosition(this.#userId, this.#position)
  }

  /** The claim of the next handshake. */
  get since() {
    if (this.#position === null) return {}
    const { seq, at, epoch, timelines } = this.#position
    return { since: seq, epoch, timelines, ...(at !== undefined && { sinceAt: at }) }
  }
}
