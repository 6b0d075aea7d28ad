// The bus on Redis' PUBLISH, which loses without a word whatever is published while a link is cut. So parcels are numbered,
// an empty one follows the last, and a node hears itself once a second; whatever shows that something may have been lost is
// told.
import { type Bus, IncomingParcels, type NodeId } from '@rookery/core'
import { Channels } from './channels.js'
import { faultsOf, open } from './connect.js'
import { Ears } from './ears.js'
import { Line } from './line.js'
import { checkRedisOptions, type RedisOptions, type Settings } from './options.js'
import { decodeParcel, encodeFrames } from './parcel.js'
import { Sending } from './sending.js'

/** How often a node hears itself. */
const probeMs = 1000

/** After one probe that was not heard the link is made anew; how many more it is given then. */
const patience = 5

interface Running {
  readonly nodeId: NodeId
  readonly boot: string
  readonly receive: (frame: unknown, from: NodeId) => void
  readonly missed: (from: NodeId | null) => void
  readonly sending: Sending
  readonly incoming: { readonly node: IncomingParcels; readonly all: IncomingParcels }
}

export class RedisBus implements Bus {
  private readonly settings: Settings
  private readonly channels: Channels
  private readonly line: Line
  private readonly ears: Ears
  private running: Running | null = null
  private timer: NodeJS.Timeout | null = null
  /** Probes that were sent, and the last one that was heard. */
  private probes = { sent: 0, heard: 0 }
  private isDeaf = false
  /** Whether a subscription that is made now was away before. */
  private isLate = false

  /** @throws Error of one line that names a wrong option and the remedy */
  constructor(options: RedisOptions) {
    this.settings = checkRedisOptions(options)
    const { timeoutMs, logger, prefix } = this.settings
    this.channels = new Channels(prefix)
    const publish = open(this.settings, 'publish')
    const subscribe = open(this.settings, 'subscribe')
    this.line = new Line({
      ...publish,
      timeoutMs,
      logger,
      purpose: 'messages between nodes',
      probe: () => publish.client.ping(),
      back: () => this.running?.sending.back(),
    })
    this.ears = new Ears({
      ...subscribe,
      timeoutMs,
      take: (parcel) => this.take(parcel),
      again: () => this.subscribed(),
    })
    if (!publish.isOurs)
      for (const fault of [...faultsOf(publish.client, 'publish'), ...faultsOf(subscribe.client, 'subscribe')])
        logger.warn(fault)
  }

  async start(...[nodeId, boot, receive, missed]: Parameters<Bus['start']>): Promise<void> {
    const { channels, line } = this
    const { unconfirmedBytesMax } = this.settings
    const sending = new Sending({ nodeId, boot, channels, line, unconfirmedBytesMax })
    const incoming = { node: new IncomingParcels(), all: new IncomingParcels() }
    this.running = { nodeId, boot, receive, missed, sending, incoming }
    await Promise.all([line.open(), this.ears.open([channels.node(nodeId), channels.all])])
    this.isLate = true
    this.timer = setInterval(() => this.probe(), probeMs)
    this.timer.unref()
  }

  publish(to: readonly NodeId[] | 'all', frames: readonly unknown[]): void {
    if (this.running === null || frames.length === 0) return
    const text = encodeFrames(frames)
    const { channels } = this
    if (to === 'all') this.running.sending.add({ kind: 'all', channel: channels.all }, text)
    else for (const nodeId of to) this.running.sending.add({ kind: 'node', channel: channels.node(nodeId) }, text)
  }

  async topics(added: readonly string[], removed: readonly string[]): Promise<void> {
    this.ears.remove(removed.map(this.channels.topic))
    if (added.length > 0) await this.ears.add(added.map(this.channels.topic))
  }

  publishTo(topic: string, frames: readonly unknown[]): void {
    if (frames.length > 0)
      this.running?.sending.add({ kind: 'topic', channel: this.channels.topic(topic) }, encodeFrames(frames))
  }

  async stop(): Promise<void> {
    const { running } = this
    this.running = null
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
    this.ears.stop()
    await running?.sending.stop()
    this.line.close()
  }

  private take(parcel: string): void {
    const { running } = this
    if (running === null) return
    let read: ReturnType<typeof decodeParcel>
    try {
      read = decodeParcel(parcel)
    } catch {
      // Nothing of ours: what is lost by that is noticed like any other loss.
      return
    }
    const [kind, from, boot, n] = read.head
    const isOwn = from === running.nodeId && boot === running.boot
    if (kind === 'probe') {
      if (isOwn) this.heard(n)
      return
    }
    if (isOwn && kind !== 'node') return
    const arrival = kind === 'topic' ? null : running.incoming[kind].arrived(from, boot, n)
    if (arrival?.isRepeat) return
    for (const frame of read.frames) {
      try {
        running.receive(frame, from)
      } catch {
        // A handler that throws loses its own frame alone.
      }
    }
    if (arrival?.isGap) running.missed(from)
  }

  /** Each second: whether the last probe was heard, and the next one. */
  private probe(): void {
    const { running, probes } = this
    if (running === null) return
    const unheard = probes.sent - probes.heard
    if (unheard > 0) this.isDeaf = true
    if (unheard % patience === 1) this.ears.renew()
    probes.sent += 1
    // Where it cannot be sent it is not heard either.
    running.sending.probe(probes.sent).catch(() => {})
  }

  private heard(n: number): void {
    this.probes.heard = Math.max(this.probes.heard, n)
    if (!this.isDeaf) return
    this.isDeaf = false
    this.running?.missed(null)
  }

  private subscribed(): void {
    if (this.isLate) this.running?.missed(null)
  }
}
