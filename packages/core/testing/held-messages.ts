// What a client has of its conversations: messages in their current state, which the control messages that it gets keep
// up to date.
import type { Wire } from '@rookery/testing'

const folded: ReadonlySet<string> = new Set(['im.recall', 'im.edit', 'im.reaction'])

/**
 * Takes messages in whatever way they come (live, pulled, from history), each possibly several times. It applies a
 * control message only to a message with a smaller `asOf`.
 */
export class HeldMessages {
  private readonly held = new Map<string, Wire>()
  private readonly reactions = new Map<string, Set<string>>()

  /** @param userId the user of the client */
  constructor(private readonly userId: string) {}

  /** Takes the messages of entries, of a page or live, in their order. */
  takeEntries(entries: readonly Wire[]): void {
    for (const { kind, message } of entries) if (kind === 'message') this.take(message)
  }

  /** Takes a page's `mine`, after the page's messages. It ignores it for messages that it has in a later state. */
  takeMine(mine: Readonly<Record<string, readonly string[]>>, messages: readonly Wire[]): void {
    for (const message of messages) {
      const held = this.held.get(keyOf(message.conversationId, message.seq))
      if (held !== undefined && asOf(held) <= asOf(message))
        this.reactions.set(message.msgId, new Set(mine[message.msgId]))
    }
  }

  take(message: Wire): void {
    if (folded.has(message.type)) return this.apply(message)
    const key = keyOf(message.conversationId, message.seq)
    const before = this.held.get(key)
    if (before === undefined || asOf(before) < asOf(message)) this.held.set(key, structuredClone(message))
  }

  /** Everything that it has, in order: messages, each with its own reactions. */
  get messages(): readonly Wire[] {
    return [...this.held.values()]
      .map((message) => ({ ...message, mine: [...(this.reactions.get(message.msgId) ?? [])].sort() }))
      .sort((a, b) =>
        a.conversationId === b.conversationId ? a.seq - b.seq : a.conversationId < b.conversationId ? -1 : 1,
      )
  }

  private apply(control: Wire): void {
    // An edit whose content was recalled has nothing to say; the message that it changed was recalled, too.
    const { content } = control
    const target = content && this.held.get(keyOf(control.conversationId, content.seq))
    if (target === undefined || asOf(target) >= control.seq) return
    target.asOf = control.seq
    switch (control.type) {
      case 'im.recall':
        for (const field of ['content', 'ext', 'editedAt', 'reactions']) delete target[field]
        target.recalled = true
        this.reactions.delete(target.msgId)
        return
      case 'im.edit':
        target.content = content.content
        target.editedAt = control.serverTime
        return
      case 'im.reaction':
        this.count(target, content.reaction, content.remove)
        if (control.from === this.userId) this.note(target.msgId, content.reaction, content.remove)
    }
  }

  private count(target: Wire, reaction: string, remove: boolean): void {
    const counts = new Map<string, number>(Object.entries(target.reactions ?? {}))
    const count = (counts.get(reaction) ?? 0) + (remove ? -1 : 1)
    if (count > 0) counts.set(reaction, count)
    else counts.delete(reaction)
    if (counts.size > 0) target.reactions = Object.fromEntries(counts)
    else delete target.reactions
  }

  private note(msgId: string, reaction: string, remove: boolean): void {
    const own = this.reactions.get(msgId) ?? new Set()
    this.reactions.set(msgId, own)
    if (remove) own.delete(reaction)
    else own.add(reaction)
  }
}

const keyOf = (conversationId: string, seq: number): string => `${conversationId} ${seq}`
const asOf = (message: Wire): number => message.asOf ?? message.seq
