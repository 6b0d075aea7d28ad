// A client that keeps its timelines as the protocol asks: it follows its inbox and the conversations that the inbox
// names, pulls after `sync`, and takes nothing out of order.
import type { Gate } from '@rookery/core'
import { FakeDevice, type FakeAuth, type FakeEvent, type Wire } from './fake-device.js'
import { Naming } from './naming.js'

/** What a device keeps between its sessions. */
export interface KeptByClient {
  readonly seq: number
  readonly positions: Readonly<Record<string, number>>
}

export class FollowingClient {
  /** The sequence of the last inbox entry that it holds. */
  seq = 0
  /** For each conversation timeline that it follows, the sequence of the last message that it holds. */
  readonly positions = new Map<string, number>()
  /** Messages by conversation, in the order in which the client took them. */
  readonly taken = new Map<string, Wire[]>()
  /** The sequences of all messages that the client received, by conversation, whether it took them or not. */
  readonly given = new Map<string, Set<number>>()
  /** Messages that came out of order, twice, or after an end; must stay empty. */
  readonly faults: string[] = []
  /** How many `sync` events it received. */
  syncs = 0
  /** The number of pulled pages. */
  pulls = 0
  /** The length of the longest page in characters. */
  pageBytesMost = 0
  device!: FakeDevice
  private readonly ends = new Map<string, number>()
  private isPulling = false
  private isTold = false
  /** True while it asks for the timelines beyond those that `ready` named. */
  private isListing = false

  private constructor(
    private readonly pageMax: number,
    private readonly naming: Naming,
  ) {}

  /**
   * Connects a phone.
   * @param kept what it held at the end of an earlier session; left out, it follows from now on
   */
  static async connect(
    gate: Gate,
    userId: string,
    {
      kept,
      pageMax = 200,
      listMax = 200,
      auth = {},
    }: { kept?: KeptByClient; pageMax?: number; listMax?: number; auth?: FakeAuth } = {},
  ): Promise<FollowingClient> {
    const client = new FollowingClient(pageMax, new Naming(listMax))
    for (const [id, seq] of Object.entries(kept?.positions ?? {})) client.positions.set(id, seq)
    client.seq = kept?.seq ?? 0
    const claim = kept === undefined ? {} : { since: kept.seq, timelines: client.naming.next(kept.positions) }
    const early: FakeEvent[] = []
    const onEvent = (event: FakeEvent): void => {
      if (client.device === undefined) early.push(event)
      else client.take(event)
    }
    const shown = { token: userId, deviceId: `${userId}-phone`, deviceType: 'phone', ...claim, ...auth }
    const device = await FakeDevice.connect(gate, shown, { onEvent })
    client.device = device
    const { ready } = device
    if (kept === undefined) {
      client.seq = ready.seq
      client.isListing = ready.timelinesCursor !== undefined
      client.learn(ready.timelines)
    }
    for (const event of early) client.take(event)
    if (kept !== undefined) client.pull()
    else if (client.isListing) client.list(ready.timelinesCursor)
    return client
  }

  /** What it would name in its next handshake. */
  get kept(): KeptByClient {
    return { seq: this.seq, positions: Object.fromEntries(this.positions) }
  }

  /** The sequences of the messages of a conversation that it took. */
  seqs(conversationId: string): number[] {
    return (this.taken.get(conversationId) ?? []).map(({ seq }) => seq)
  }

  /** Pulls until it reaches the head; does nothing if a pull is under way. */
  pull(): void {
    if (this.isPulling) this.isTold = true
    else {
      this.isPulling = true
      this.isTold = false
      this.page()
    }
  }

  /** Follows timelines that it did not know from the head on. */
  private learn(timelines: readonly Wire[]): void {
    for (const { conversationId, seq } of timelines)
      if (!this.positions.has(conversationId)) this.positions.set(conversationId, seq)
  }

  /** Asks for all timelines that it follows, page by page. */
  private list(cursor?: string, done?: () => void): void {
    this.device.call('follows', [{ ...(cursor === undefined ? {} : { cursor }) }], (answer) => {
      if (!answer.ok) return this.list(cursor, done)
      this.learn(answer.data.timelines)
      if (answer.data.cursor !== undefined) return this.list(answer.data.cursor, done)
      this.isListing = false
      done?.()
    })
  }

  private page(): void {
    this.pulls++
    const named = this.naming.next(Object.fromEntries(this.positions))
    const request = { since: this.seq, timelines: named, limit: this.pageMax }
    this.device.call('pull', [request], (answer) => {
      if (!answer.ok) {
        this.isPulling = false
        if (answer.error.code === 'UNAVAILABLE') this.pull()
        else this.faults.push(`a pull was answered ${answer.error.code}`)
        return
      }
      const { entries, timelines, seq, more, reset, truncated } = answer.data
      this.pageBytesMost = Math.max(this.pageBytesMost, JSON.stringify(answer.data).length)
      if (reset) this.faults.push('told to start over')
      for (const entry of entries) this.entry(entry, 'pulled')
      for (const timeline of timelines) this.timeline(timeline)
      if (this.seq !== seq) this.faults.push(`a page that ends at ${this.seq} says ${seq}`)
      // The entry that began a timeline may be trimmed. An empty page that is not the last shows that the client lacks
      // one.
      const isEmpty = entries.length === 0 && timelines.every(({ messages }: Wire) => messages.length === 0)
      if (truncated || (more && isEmpty)) return this.list(undefined, () => this.page())
      if (more) return this.page()
      this.isPulling = false
      if (this.isTold) this.pull()
    })
  }

  private timeline({ conversationId, messages, seq, truncated }: Wire): void {
    for (const message of messages) this.note(conversationId, message.seq)
    const at = this.positions.get(conversationId)
    const first = messages[0]?.seq ?? seq
    // The message belongs to a membership that began after the one that ended on this page: its own entry comes later.
    if (at === undefined || first > (this.ends.get(conversationId) ?? Infinity)) return
    if (truncated) this.moveTo(conversationId, Math.max(at, first - 1))
    for (const message of messages) this.message(conversationId, message, 'pulled')
    if (this.positions.has(conversationId)) this.moveTo(conversationId, seq)
  }

  private take({ event, payload }: FakeEvent): void {
    if (event === 'entries') for (const entry of payload.entries) this.entry(entry, 'live')
    else if (event === 'timeline')
      for (const message of payload.messages) this.message(payload.conversationId, message, 'live')
    else if (event === 'sync') {
      this.syncs++
      this.pull()
    }
  }

  private entry(entry: Wire, how: string): void {
    if (entry.seq !== this.seq + 1) this.faults.push(`entry ${entry.seq} ${how} after ${this.seq}`)
    this.seq = entry.seq
    if (entry.kind === 'message') this.keep(entry.message.conversationId, entry.message)
    else if (entry.kind === 'follow') {
      this.ends.delete(entry.conversationId)
      this.positions.set(entry.conversationId, entry.from)
    } else if (entry.kind === 'unfollow') {
      this.ends.set(entry.conversationId, entry.to)
      this.moveTo(entry.conversationId, this.positions.get(entry.conversationId) ?? entry.to)
    }
  }

  private note(conversationId: string, seq: number): void {
    const seqs = this.given.get(conversationId)
    if (seqs === undefined) this.given.set(conversationId, new Set([seq]))
    else seqs.add(seq)
  }

  private message(conversationId: string, message: Wire, how: string): void {
    this.note(conversationId, message.seq)
    if (this.isListing && !this.positions.has(conversationId)) this.positions.set(conversationId, message.seq - 1)
    const at = this.positions.get(conversationId)
    if (at === undefined) this.faults.push(`${conversationId} ${message.seq} ${how}, which it does not follow`)
    else if (message.seq !== at + 1) this.faults.push(`${conversationId} ${message.seq} ${how} after ${at}`)
    else if (message.seq > (this.ends.get(conversationId) ?? Infinity))
      this.faults.push(`${conversationId} ${message.seq} ${how} after its end`)
    this.keep(conversationId, message)
    this.moveTo(conversationId, message.seq)
  }

  private moveTo(conversationId: string, seq: number): void {
    if (seq < (this.ends.get(conversationId) ?? Infinity)) this.positions.set(conversationId, seq)
    else this.positions.delete(conversationId)
  }

  private keep(conversationId: string, message: Wire): void {
    const messages = this.taken.get(conversationId)
    if (messages === undefined) this.taken.set(conversationId, [message])
    else messages.push(message)
  }
}
