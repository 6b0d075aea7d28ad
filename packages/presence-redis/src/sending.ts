// What leaves this node. Frames of one turn to one destination travel as one parcel; each is encoded once, whoever gets it.
// What Redis has not confirmed is bounded: more is dropped, and the numbers of the parcels show it to the receivers.
import { type NodeId, OutgoingParcels, SystemClock } from '@rookery/core'
import type { Channels } from './channels.js'
import type { Line } from './line.js'
import { encodeParcel, type Kind } from './parcel.js'

interface Parts {
  readonly nodeId: NodeId
  readonly boot: string
  readonly channels: Channels
  readonly line: Line
  readonly unconfirmedBytesMax: number
}

/** Where frames go. */
interface Destination {
  readonly kind: Kind
  readonly channel: string
}

export class Sending {
  private readonly queue = new Map<
    string,
    Destination & { readonly frames: string[]; bytes: number; hasLost: boolean }
  >()
  private flushing: NodeJS.Immediate | null = null
  private bytes = 0
  private readonly unsettled = new Set<Promise<unknown>>()
  /** Destinations that a parcel may not have reached: an empty one shows it when Redis is back. */
  private readonly doubtful = new Set<string>()
  private readonly numbers: OutgoingParcels

  constructor(private readonly parts: Parts) {
    this.numbers = new OutgoingParcels(new SystemClock(), (channel, n) => this.send(channel, n, []))
  }

  add(to: Destination, frames: string): void {
    let waiting = this.queue.get(to.channel)
    if (waiting === undefined) this.queue.set(to.channel, (waiting = { ...to, frames: [], bytes: 0, hasLost: false }))
    const bytes = Buffer.byteLength(frames)
    if (this.bytes + bytes <= this.parts.unconfirmedBytesMax) {
      this.bytes += bytes
      waiting.bytes += bytes
      waiting.frames.push(frames)
    } else waiting.hasLost = true
    this.flushing ??= setImmediate(() => this.flush())
  }

  /** A parcel that comes back to this node where both ways work. Rejects where it cannot be sent. */
  async probe(n: number): Promise<void> {
    const { nodeId, boot, channels } = this.parts
    await this.publish(channels.node(nodeId), encodeParcel(['probe', nodeId, boot, n], []))
  }

  /** Redis answers again: whoever was sent something meanwhile is shown that it was lost. */
  back(): void {
    const channels = [...this.doubtful]
    this.doubtful.clear()
    for (const channel of channels) this.send(channel, this.numbers.next(channel), [])
  }

  /** Sends what is waiting. Resolves when Redis has it, or was given its time. */
  async stop(): Promise<void> {
    this.flush()
    this.numbers.stop()
    await Promise.all(this.unsettled)
  }

  private flush(): void {
    if (this.flushing !== null) clearImmediate(this.flushing)
    this.flushing = null
    const waiting = [...this.queue.values()]
    this.queue.clear()
    for (const { kind, channel, frames, bytes, hasLost } of waiting) {
      if (frames.length > 0) this.send(channel, kind === 'topic' ? 0 : this.numbers.next(channel), frames, bytes)
      // A number that no parcel has: the next one shows that something is missing.
      if (hasLost && kind !== 'topic') this.numbers.next(channel)
    }
  }

  /** A number of 0 is a topic's. */
  private send(channel: string, n: number, frames: readonly string[], bytes = 0): void {
    const { nodeId, boot, channels } = this.parts
    const kind = n === 0 ? 'topic' : channel === channels.all ? 'all' : 'node'
    const sent = this.publish(channel, encodeParcel([kind, nodeId, boot, n], frames))
      .catch(() => this.lost(channel, kind))
      .finally(() => {
        this.bytes -= bytes
        this.unsettled.delete(sent)
      })
    this.unsettled.add(sent)
  }

  private lost(channel: string, kind: Kind): void {
    if (kind !== 'topic') this.doubtful.add(channel)
  }

  private publish(channel: string, parcel: string): Promise<unknown> {
    return this.parts.line.run((client) =>
      client.isCluster ? client.spublish(channel, parcel) : client.publish(channel, parcel),
    )
  }
}
