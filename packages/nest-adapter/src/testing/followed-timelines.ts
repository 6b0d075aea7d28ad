// The timelines that a device follows besides its inbox: those of groups above `fanout.readAbove`.
import type { Message } from '@rookery/core'
import { Naming } from '@rookery/testing'

/** The part of a pull's page that belongs to one timeline. */
export interface TimelinePage {
  readonly conversationId: string
  readonly messages: readonly Message[]
  readonly seq: number
}

/** An inbox entry that begins or ends a timeline. */
export interface TimelineFact {
  readonly seq: number
  readonly kind: string
  readonly conversationId?: string
  readonly from?: number
  readonly to?: number
}

export class FollowedTimelines {
  private readonly held = new Map<string, Map<number, Message>>()
  private readonly at = new Map<string, number>()
  private readonly ends = new Map<string, number>()
  /** For each conversation the newest entry that spoke of it: an older entry that arrives later changes nothing. */
  private readonly toldBy = new Map<string, number>()
  private naming = new Naming()

  /**
   * The last sequence held of each timeline, for the next handshake or `pull`. If there are more than a list may have,
   * the calls take turns.
   */
  next(): Readonly<Record<string, number>> {
    return this.naming.next(Object.fromEntries(this.at))
  }

  /** Sets how many timelines a list may have. */
  set list(list: number) {
    if (list !== this.naming.list) this.naming = new Naming(list)
  }

  /** Follows these timelines. One that no entry has begun is followed from the head on. */
  learn(timelines: readonly { readonly conversationId: string; readonly seq: number }[]): void {
    for (const { conversationId, seq } of timelines)
      if (!this.toldBy.has(conversationId) && !this.at.has(conversationId)) this.at.set(conversationId, seq)
  }

  /** The messages of all timelines, one timeline after the other, each in order of sequence. */
  get messages(): Message[] {
    return [...this.held.values()].flatMap((messages) => [...messages.values()].sort((a, b) => a.seq - b.seq))
  }

  /** Takes an entry of the inbox; most entries change no timeline. */
  tell({ seq, kind, conversationId = '', from = 0, to = 0 }: TimelineFact): void {
    if ((kind !== 'follow' && kind !== 'unfollow') || seq < (this.toldBy.get(conversationId) ?? 0)) return
    this.toldBy.set(conversationId, seq)
    if (kind === 'follow') {
      this.ends.delete(conversationId)
      this.at.set(conversationId, from)
    } else this.ends.set(conversationId, to)
    this.moveTo(conversationId, this.at.get(conversationId))
  }

  /** Takes messages, whether live or from a page. */
  hold(conversationId: string, messages: readonly Message[]): void {
    const held = this.held.get(conversationId) ?? new Map<number, Message>()
    this.held.set(conversationId, held)
    for (const message of messages) held.set(message.seq, message)
    this.moveTo(conversationId, this.at.get(conversationId))
  }

  holdPage({ conversationId, messages, seq }: TimelinePage): void {
    this.hold(conversationId, messages)
    const at = this.at.get(conversationId)
    if (at !== undefined) this.moveTo(conversationId, Math.max(at, seq))
  }

  /**
   * Moves on over messages that are held already without a gap: live messages may arrive before the entry that begins
   * their timeline.
   */
  private moveTo(conversationId: string, position: number | undefined): void {
    if (position === undefined) return
    const held = this.held.get(conversationId)
    let seq = position
    while (held?.has(seq + 1)) seq++
    if (seq < (this.ends.get(conversationId) ?? Infinity)) this.at.set(conversationId, seq)
    else this.at.delete(conversationId)
  }
}
