// What this node listens to. A link that was cut is made anew, every channel subscribed again, and only then is it told
// that something may have been missed: what was lost before can be looked for, and nothing is lost after.
import { Redis } from 'ioredis'
import { connect } from './connect.js'
import { within } from './deadline.js'
import type { Client } from './options.js'

interface Parts {
  readonly client: Client
  readonly isOurs: boolean
  readonly timeoutMs: number
  readonly take: (parcel: string) => void
  /** Every channel is subscribed again. */
  readonly again: () => void
}

/** Channels in one SUBSCRIBE. */
const perCall = 500

/** The next attempt to subscribe, ms. */
const retryMs = 200

/** On a Cluster ioredis keeps a link to each master, and tells by these when it made some anew, or a slot has moved. */
const clusterEvents = ['+subscriber', '-subscriber', 'subscribersReady'] as const

export class Ears {
  private readonly channels = new Set<string>()
  private retry: NodeJS.Timeout | null = null
  private isStopped = false
  /** Attempts to subscribe to everything: the last one counts. */
  private attempt = 0
  private readonly heard = (channel: string, parcel: string): void => {
    if (this.channels.has(this.ownName(channel))) this.parts.take(parcel)
  }
  private readonly ready = (): void => void this.subscribeAll()

  constructor(private readonly parts: Parts) {}

  /** Subscribes, where Redis answers; else it goes on trying. Never rejects. */
  async open(channels: readonly string[]): Promise<void> {
    const { client, isOurs, timeoutMs } = this.parts
    for (const channel of channels) this.channels.add(channel)
    client.on(client.isCluster ? 'smessage' : 'message', this.heard)
    try {
      if (isOurs) await within(timeoutMs, connect(client))
    } catch {
      // It connects by itself later, and is ready then.
    }
    this.listen('on')
    await this.subscribeAll()
  }

  /** @throws Error within the deadline where that is not certain; it is subscribed when Redis is back */
  async add(channels: readonly string[]): Promise<void> {
    const added = channels.filter((channel) => !this.channels.has(channel))
    for (const channel of added) this.channels.add(channel)
    await this.subscribe(added)
  }

  remove(channels: readonly string[]): void {
    const { client } = this.parts
    const removed = channels.filter((channel) => this.channels.delete(channel))
    if (removed.length === 0) return
    const left = client.isCluster
      ? removed.map((channel) => client.sunsubscribe(channel))
      : [client.unsubscribe(...removed)]
    // What still comes through them is not listened to.
    for (const one of left) one.catch(() => {})
  }

  /** Nothing is heard any more: the link is made anew, or, where it is the host's, subscribed anew. */
  renew(): void {
    const { client, isOurs } = this.parts
    if (!isOurs) void this.subscribeAll()
    else if (client instanceof Redis) client.stream?.destroy()
    else client.disconnect(true)
  }

  stop(): void {
    this.isStopped = true
    if (this.retry !== null) clearTimeout(this.retry)
    const { client, isOurs } = this.parts
    this.listen('off')
    client.off(client.isCluster ? 'smessage' : 'message', this.heard)
    if (isOurs) client.disconnect()
    else this.remove([...this.channels])
    this.channels.clear()
  }

  private listen(how: 'on' | 'off'): void {
    const { client } = this.parts
    client[how]('ready', this.ready)
    if (client.isCluster) for (const event of clusterEvents) client[how](event, this.ready)
  }

  private async subscribeAll(): Promise<void> {
    const mine = ++this.attempt
    if (this.retry !== null) clearTimeout(this.retry)
    this.retry = null
    try {
      await this.subscribe([...this.channels])
      if (mine === this.attempt && !this.isStopped) this.parts.again()
    } catch {
      if (mine !== this.attempt || this.isStopped) return
      this.retry = setTimeout(() => void this.subscribeAll(), retryMs)
      this.retry.unref()
    }
  }

  private async subscribe(channels: readonly string[]): Promise<void> {
    const { client, timeoutMs } = this.parts
    const asked: Promise<unknown>[] = []
    if (client.isCluster) for (const channel of channels) asked.push(client.ssubscribe(channel))
    else
      for (let at = 0; at < channels.length; at += perCall)
        asked.push(client.subscribe(...channels.slice(at, at + perCall)))
    await within(timeoutMs, Promise.all(asked))
  }

  /** A client of the host may put a prefix of its own before every channel. */
  private ownName(channel: string): string {
    const { keyPrefix = '' } = this.parts.client.options
    return channel.startsWith(keyPrefix) ? channel.slice(keyPrefix.length) : channel
  }
}
