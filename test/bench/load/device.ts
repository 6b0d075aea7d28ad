// One connected user of the load. It does only what a client of its server has to do, as cheaply as possible.
import { connect, type RawClient } from '../../support/raw-client.js'
import { numbersIn, type Wire } from './wires.js'

const CONNECT_MS = 20_000

export class Device {
  readonly userId: string
  /** The number of `sync` events that this device received. */
  synced = 0
  readonly #wire: Wire
  readonly #heard: (number: number) => void
  #client!: RawClient
  /** The last inbox entry held, if the server keeps inboxes: entries have no gap, so the device counts them. */
  #seq = 0
  #ackedSeq = 0
  #pulling = false

  private constructor(wire: Wire, userId: string, heard: (number: number) => void) {
    this.#wire = wire
    this.userId = userId
    this.#heard = heard
  }

  /** Resolves once the session is open. @param heard gets the number of each message that arrives */
  static async connect(url: string, wire: Wire, userId: string, heard: (number: number) => void): Promise<Device> {
    const device = new Device(wire, userId, heard)
    await device.#open(url)
    return device
  }

  async #open(url: string): Promise<void> {
    const { readyEvent } = this.#wire
    let ready: () => void
    const opened = new Promise<void>((resolve) => (ready = resolve))
    const readyHead = readyEvent === null ? null : `["${readyEvent}"`
    let waiting = readyHead !== null
    this.#client = await connect(url, this.#wire.namespace, this.#wire.auth(this.userId), {
      timeoutMs: CONNECT_MS,
      onEventBytes: (json) => {
        if (waiting && json.toString('latin1', 0, readyHead!.length) === readyHead) {
          waiting = false
          const [, { seq }] = JSON.parse(json.toString()) as [string, { seq: number }]
          this.#seq = this.#ackedSeq = seq
          return ready()
        }
        this.#event(json)
      },
    })
    if (!waiting) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.userId}: no ${readyEvent}`)), CONNECT_MS)
    })
    await Promise.race([opened, late]).finally(() => clearTimeout(timer))
  }

  /** @param answered gets null if the server accepted it, otherwise the server's answer */
  send(to: string, number: number, answered: (refusal: string | null) => void): void {
    const { accepted } = this.#wire
    this.#client.request(this.#wire.sendEvent, this.#wire.message(this.userId, to, number), (json) => {
      if (json === null) answered('the connection ended')
      else if (json.toString('latin1', 0, accepted.length) === accepted) answered(null)
      else answered(json.toString('utf8', 0, 300))
    })
  }

  /** Acknowledges what arrived, if the server expects that and something did. */
  acknowledge(): void {
    if (!this.#wire.inbox || this.#seq === this.#ackedSeq) return
    this.#ackedSeq = this.#seq
    this.#client.request('ack', `{"seq":${this.#seq}}`)
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  #event(json: Buffer): void {
    if (this.#wire.inbox && json.toString('latin1', 0, 7) === '["sync"') {
      this.synced++
      if (!this.#pulling) void this.#pull()
      return
    }
    this.#take(json)
  }

  #take(json: Buffer): void {
    const numbers = numbersIn(json)
    this.#seq += numbers.length
    for (const number of numbers) this.#heard(number)
  }

  /** Catches up as docs/protocol.md says: page after page until there is no more. */
  async #pull(): Promise<void> {
    this.#pulling = true
    for (let more = true; more;) {
      more = await new Promise<boolean>((resolve) => {
        this.#client.request('pull', `{"since":${this.#seq}}`, (json) => {
          if (json === null) return resolve(false)
          this.#take(json)
          const [answer] = JSON.parse(json.toString()) as [{ ok: boolean; data?: { more: boolean; seq: number } }]
          if (answer.data) this.#seq = answer.data.seq
          // Tries a refused pull again.
          resolve(!answer.ok || answer.data!.more)
        })
      })
    }
    this.#pulling = false
  }
}
