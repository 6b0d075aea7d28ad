// Decodes the two packets that clients send most, events and acknowledgements of our namespace, without the general
// parser. socket.io's own parser does the rest.

/** `id` is -1 if the client asks for no answer. */
export interface IncomingEvent {
  readonly kind: 'event'
  readonly id: number
  readonly event: string
  readonly args: readonly unknown[]
}
interface IncomingAck {
  readonly kind: 'ack'
  readonly id: number
}

/** A packet that no socket.io client sends. */
export class MalformedPacket extends Error {
  override readonly name = 'MalformedPacket'
}

const zero = 48

/** Decodes for one namespace. */
export class Incoming {
  readonly #event: string
  readonly #ack: string
  readonly #connect: string
  readonly #disconnect: string

  constructor(namespace: string) {
    this.#event = `2${namespace},`
    this.#ack = `3${namespace},`
    this.#connect = `0${namespace}`
    this.#disconnect = `1${namespace}`
  }

  /** Tells whether this packet asks to enter our namespace. */
  connects(text: string): boolean {
    return (
      text.startsWith(this.#connect) && (text.length === this.#connect.length || text[this.#connect.length] === ',')
    )
  }

  disconnects(text: string): boolean {
    return text === this.#disconnect || text === `${this.#disconnect},`
  }

  /**
   * Decodes an event or an acknowledgement; undefined if it is neither, or belongs to another namespace.
   * @throws MalformedPacket, SyntaxError or RangeError if no client may send it
   */
  decode(text: string): IncomingEvent | IncomingAck | undefined {
    const isEvent = text.startsWith(this.#event)
    if (!isEvent && !text.startsWith(this.#ack)) return undefined
    let at = this.#event.length
    let id = -1
    let digit = text.charCodeAt(at) - zero
    if (digit >= 0 && digit <= 9) {
      id = 0
      do {
        id = id * 10 + digit
        digit = text.charCodeAt(++at) - zero
      } while (digit >= 0 && digit <= 9)
      if (id > Number.MAX_SAFE_INTEGER) throw new MalformedPacket('packet id')
    }
    const args: unknown = JSON.parse(text.slice(at))
    if (!Array.isArray(args)) throw new MalformedPacket('no list of arguments')
    if (isEvent) return eventOf(id, args)
    if (id < 0) throw new MalformedPacket('acknowledgement without an id')
    return { kind: 'ack', id }
  }
}

/** Makes an event of its decoded arguments; the first is its name. @throws MalformedPacket */
export const eventOf = (id: number, data: unknown[]): IncomingEvent => {
  const event: unknown = data.shift()
  if (typeof event !== 'string') throw new MalformedPacket('event name')
  return { kind: 'event', id, event, args: data }
}
