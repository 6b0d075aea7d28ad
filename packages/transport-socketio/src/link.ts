// One client's connection from the upgrade to the end: what it may send in which state, and what it gets.
//
//  1. Until the handshake is complete the gate gets nothing but the handshake, and the client may send nothing else.
//  2. After the handshake every frame leaves through the outbox, in the order in which the gate gave it.
//  3. Nothing that a client sends, and nothing that the gate does, throws out of this class: the worst result is that
//     this connection closes.
//  4. `closed` runs once, after everything else, and never within a call that the gate makes.
import type { Connection, Frame, Gate, Inbound, JsonText } from '@rookery/core'
import { clientAddress } from './address.js'
import type { Admission, Seat } from './admission.js'
import type { Complaints } from './counters.js'
import type { FlushList } from './flush-list.js'
import { eventOf, type Incoming, type IncomingEvent, MalformedPacket } from './incoming.js'
import {
  type DecodedPacket,
  directWebSocket,
  dropRequest,
  type EngineConnection,
  kLink,
  type LinkedNetSocket,
  type NamespaceSocket,
  stopReading,
} from './internals.js'
import type { Settings } from './options.js'
import { Outbox, type OutboxOwner } from './outbox.js'
import type { Packets } from './packets.js'
import { refusalOf } from './refusal.js'
import { DirectWire, EngineWire } from './wire.js'

/** What all connections of a transport share. */
export interface LinkContext {
  readonly settings: Settings
  readonly gate: Gate
  readonly packets: Packets
  readonly incoming: Incoming
  readonly flushList: FlushList
  readonly admission: Admission
  readonly complaints: Complaints
  readonly links: Set<Link>
}

/** socket.io's packet types. */
const DISCONNECT = 1
const EVENT = 2
const ACK = 3

/**
 * A link remembers this number of frames that wait for an acknowledgement: a client that never answers must not fill
 * the map.
 */
const acksMax = 1_024

type State = 'new' | 'handshaking' | 'open' | 'ended'
type Next = (error?: Error) => void

export class Link implements Connection, OutboxOwner {
  #state: State = 'new'
  #gone = false
  /** socket.io has begun a packet with attachments; the next data belongs to it. */
  #assembling = false
  #nextAckId = 0
  #acks: Map<number, () => void> | undefined
  #inbound: Inbound | undefined
  #next: Next | undefined
  /** Set when `end` came before the handshake was complete. */
  #farewell: { readonly last: Frame | undefined } | undefined
  #destroyTimer: NodeJS.Timeout | undefined
  /** Starts reading again; undefined while the link reads. */
  #readOn: (() => void) | undefined
  readonly #outbox: Outbox
  readonly #seat: Seat

  constructor(
    readonly context: LinkContext,
    readonly conn: EngineConnection,
    readonly net: LinkedNetSocket,
    /** socket.io's own listener for what arrives. */
    readonly feed: (data: unknown) => void,
    addressKey: string,
  ) {
    this.#outbox = new Outbox(context.flushList, this)
    this.#seat = context.admission.take(addressKey)
    context.links.add(this)
  }

  // What the gate calls.

  emit(frame: Frame, acknowledged?: () => void): void {
    if (this.#state === 'ended' || this.#farewell !== undefined) return
    try {
      const { packets } = this.context
      if (acknowledged === undefined) return this.#push(packets.event(frame))
      const acks = (this.#acks ??= new Map())
      const id = this.#nextAckId++
      acks.set(id, acknowledged)
      acks.delete(id - acksMax)
      this.#push(packets.eventWithAck(frame, id))
    } catch (error) {
      this.#fail('a frame could not be encoded', error)
    }
  }

  get queuedBytes(): number {
    return this.#outbox.bytes
  }

  stopReading(): void {
    if (this.#state === 'open') this.#readOn ??= stopReading(this.conn, this.net)
  }

  readOn(): void {
    this.#readOn?.()
    this.#readOn = undefined
  }

  end(last?: Frame): void {
    if (this.#state === 'open') this.#finish(last)
    else if (this.#state !== 'ended' && this.#farewell === undefined) {
      this.#farewell = { last }
      this.#outbox.close()
    }
  }

  // What the transport calls.

  /** Ends the connection in any state; the client learns that the server disconnected it. */
  close(): void {
    if (this.#state === 'open') this.#finish(undefined)
    else this.#shut()
  }

  /** Takes whatever arrives. */
  received(data: unknown): void {
    try {
      if (this.#state === 'open') this.#receivedOpen(data)
      else if (this.#state === 'new') this.#receivedFirst(data)
      else if (this.#state === 'handshaking') throw new MalformedPacket('before the handshake is through')
    } catch (error) {
      this.#malformed(error)
    }
  }

  /** Takes a packet that socket.io's own parser has put together. */
  decoded(packet: DecodedPacket): void {
    if (this.#state !== 'open') return
    this.#assembling = false
    try {
      const id = packet.id ?? -1
      if (!Number.isSafeInteger(id)) throw new MalformedPacket('packet id')
      if (packet.type === EVENT && Array.isArray(packet.data)) this.#request(eventOf(id, packet.data))
      else if (packet.type === ACK) this.#acknowledged(id)
      else if (packet.type === DISCONNECT) this.#shut()
      else throw new MalformedPacket('packet type')
    } catch (error) {
      this.#malformed(error)
    }
  }

  /** socket.io calls it to ask whether this client may enter the namespace. */
  handshake(socket: NamespaceSocket, next: Next): void {
    const { request } = this.conn
    if (this.#state !== 'handshaking' || this.#next !== undefined || request === undefined) {
      next(new Error('one handshake for each connection'))
      return
    }
    this.#next = next
    const { gate, settings } = this.context
    const ip = clientAddress(request, settings.trustedProxyHops)
    const opening = (async () => gate.open({ auth: socket.handshake?.auth, headers: request.headers, ip }, this))()
    opening.then(
      (inbound) => this.#accepted(inbound),
      (error: unknown) => this.#refused(error),
    )
  }

  /** socket.io calls it when the client is in the namespace and its own greeting is on the way. */
  opened(socket: NamespaceSocket): void {
    if (this.#gone) return
    const { conn, net, context } = this
    socket._onpacket = onPacket
    // These would be a tenth of a connection's memory for as long as it lives.
    socket.handshake = undefined
    dropRequest(conn)
    context.admission.authenticated(this.#seat)
    this.#state = 'open'
    const farewell = this.#farewell
    if (farewell !== undefined) return this.#finish(farewell.last)
    const ws = context.settings.directWrites ? directWebSocket(conn, net) : undefined
    if (ws === undefined) return this.#outbox.open(new EngineWire(conn))
    const open = (): void => {
      // No frame may overtake the greeting.
      if (conn.writeBuffer.length > 0) conn.once('drain', open)
      else this.#outbox.open(new DirectWire(ws, net))
    }
    open()
  }

  /** engine.io has closed the connection. */
  left(): void {
    if (this.#gone) return
    this.#gone = true
    this.#state = 'ended'
    this.readOn()
    this.#acks = undefined
    this.#outbox.close()
    this.#destroyLater()
    this.#proceed(new Error('the client is gone'))
    const inbound = this.#inbound
    if (inbound !== undefined) process.nextTick(() => this.#tellClosed(inbound))
  }

  /** The TCP connection is gone. Called once. */
  netClosed(): void {
    clearTimeout(this.#destroyTimer)
    this.context.links.delete(this)
    this.context.admission.leave(this.#seat)
  }

  outboxFailed(error: unknown): void {
    this.#fail('a write failed', error)
  }

  #receivedFirst(data: unknown): void {
    if (typeof data === 'string' && this.context.incoming.connects(data)) {
      this.#state = 'handshaking'
      return this.feed(data)
    }
    const foreign = typeof data === 'string' ? /^0(\/[^,]{0,127})?(?:,|\{|$)/.exec(data) : null
    if (foreign === null) throw new MalformedPacket('no handshake')
    const name = foreign[1] === undefined ? '' : `${foreign[1]},`
    const { complaints, settings } = this.context
    complaints.foreign(settings.path, 'another namespace')
    this.conn.write(`4${name}{"message":"Invalid namespace"}`)
    this.#shut()
  }

  #receivedOpen(data: unknown): void {
    if (typeof data !== 'string' || this.#assembling) return this.feed(data)
    const { incoming } = this.context
    const packet = incoming.decode(data)
    if (packet?.kind === 'event') this.#request(packet)
    else if (packet?.kind === 'ack') this.#acknowledged(packet.id)
    else if (incoming.disconnects(data)) this.#shut()
    else if (data.startsWith('5') || data.startsWith('6')) {
      this.#assembling = true
      this.feed(data)
    } else throw new MalformedPacket('packet')
  }

  #request({ event, args, id }: IncomingEvent): void {
    try {
      this.#inbound?.request(event, args, id < 0 ? undefined : (json) => this.#answer(id, json))
    } catch (error) {
      this.#fail('the gate failed', error)
    }
  }

  #answer(id: number, json: JsonText): void {
    if (this.#state !== 'open') return
    try {
      this.#push(this.context.packets.answer(id, json), true)
    } catch (error) {
      this.#fail('an answer could not be encoded', error)
    }
  }

  #acknowledged(id: number): void {
    const acknowledged = this.#acks?.get(id)
    if (acknowledged === undefined) return
    this.#acks?.delete(id)
    try {
      acknowledged()
    } catch (error) {
      this.#fail('the gate failed', error)
    }
  }

  #push(bytes: Buffer, isAnswer = false): void {
    this.#outbox.push(bytes, isAnswer)
    if (this.#outbox.bytes <= this.context.settings.queueBytesMax) return
    this.context.complaints.overflow()
    this.#destroy()
  }

  #accepted(inbound: Inbound): void {
    if (this.#gone) return this.#tellClosed(inbound)
    this.#inbound = inbound
    this.#proceed()
  }

  #refused(error: unknown): void {
    if (this.#gone) return
    this.#proceed(refusalOf(error, this.context.complaints))
    // socket.io sends the refusal in the next tick.
    setImmediate(() => this.#shut())
  }

  #proceed(error?: Error): void {
    const next = this.#next
    this.#next = undefined
    next?.(error)
  }

  #finish(last: Frame | undefined): void {
    const { packets, complaints } = this.context
    this.#state = 'ended'
    this.#acks = undefined
    const frames = [packets.disconnect]
    try {
      if (last !== undefined) frames.unshift(packets.event(last))
    } catch (error) {
      complaints.fault('a last frame could not be encoded', error)
    }
    this.#outbox.end(frames, () => new EngineWire(this.conn))
    this.#shut()
  }

  #shut(): void {
    this.#state = 'ended'
    // The link has to read to see the client's side of the close.
    this.readOn()
    this.#destroyLater()
    try {
      this.conn.close()
    } catch (error) {
      this.#fail('a connection could not be closed', error)
    }
  }

  #malformed(error: unknown): void {
    this.context.complaints.malform(error instanceof MalformedPacket ? error.message : 'JSON')
    this.#shut()
  }

  #fail(message: string, error: unknown): void {
    this.context.complaints.fault(message, error)
    this.#destroy()
  }

  #destroy(): void {
    this.#state = 'ended'
    this.#outbox.close()
    this.net.destroy()
  }

  /** A client that neither reads nor closes must not keep a closed connection. */
  #destroyLater(): void {
    if (this.net.destroyed) return
    this.#destroyTimer ??= setTimeout(() => this.net.destroy(), this.context.settings.endGraceMs).unref()
  }

  #tellClosed(inbound: Inbound): void {
    try {
      inbound.closed()
    } catch (error) {
      this.context.complaints.fault('the gate failed', error)
    }
  }
}

/** All sockets share it: socket.io calls it with what its own parser decoded. */
function onPacket(this: NamespaceSocket, packet: DecodedPacket): void {
  ;(this.conn as unknown as EngineConnection)[kLink]?.decoded(packet)
}
