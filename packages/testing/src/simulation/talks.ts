// Conversations put together from what all clients received: which message has which place, how it was changed by when,
// and for groups who was a member from where to where.
import type { WireMessage } from './history.js'

/** A recall, edit or reaction, from its control message. */
export interface Told {
  readonly seq: number
  readonly kind: 'recall' | 'edit' | 'reaction'
  readonly target: number
  readonly by: string | null
  /** For an edit; undefined if the message was recalled before any device received the edit. */
  readonly content?: unknown
  readonly reaction?: string
  readonly remove?: boolean
}

/** Messages after `from` up to `to` are for its user; `to` is Infinity while the membership lasts. */
interface Stay {
  readonly from: number
  /** The message that added the user: the first that came by itself. */
  readonly joined: number
  to: number
}

/** The content of a message after some of its changes. */
export interface State {
  readonly content: unknown
  readonly isRecalled: boolean
  readonly reactions: Readonly<Record<string, number>>
  /** For each reaction the users who gave it. */
  readonly reactedBy: ReadonlyMap<string, ReadonlySet<string>>
  /** False if no client ever saw its content. */
  readonly isKnown: boolean
}

export class Talk {
  readonly isGroup: boolean
  readonly head: number
  /** By the sequence of the changed message, in order. */
  readonly changes = new Map<number, Told[]>()
  /** For a group, by user. */
  readonly stays = new Map<string, Stay[]>()

  constructor(
    readonly conversationId: string,
    /** Each as it was first seen, or with its content if it was ever seen with it. */
    private readonly messages: ReadonlyMap<number, WireMessage>,
    joinersRead: 'from-now' | 'everything',
  ) {
    this.head = Math.max(0, ...messages.keys())
    this.isGroup = [...messages.values()].some(({ groupId }) => groupId !== undefined)
    for (const seq of [...messages.keys()].sort((a, b) => a - b)) this.#read(messages.get(seq)!, joinersRead)
  }

  message = (seq: number): WireMessage | undefined => this.messages.get(seq)

  /** The first place of which no client received anything; null if there is none. */
  get hole(): number | null {
    for (let seq = 1; seq <= this.head; seq++) if (!this.messages.has(seq)) return seq
    return null
  }

  /** Tells whether a message is for a user. */
  isFor(user: string, seq: number): boolean {
    if (!this.isGroup) return true
    return (this.stays.get(user) ?? []).some(({ from, to }) => seq > from && seq <= to)
  }

  /**
   * The last countable message up to `seq`, for a user who is a member; null if there is none, undefined if no client
   * saw it.
   */
  lastFor(user: string, seq: number): WireMessage | null | undefined {
    const stay = this.stays.get(user)?.at(-1)
    if (this.isGroup && stay?.to !== Infinity) return undefined
    for (let at = seq; at > (stay?.from ?? 0); at--) {
      const message = this.messages.get(at)
      if (message === undefined) return undefined
      if (message.silent !== true && !message.type.startsWith('im.')) return message
    }
    return null
  }

  /** The state of a message with every change up to `asOf` folded in. */
  state(target: number, asOf: number): State {
    const said = this.messages.get(target)
    const told = this.changes.get(target) ?? []
    const wasEdited = told.some(({ kind, seq }) => kind === 'edit' && seq <= (said?.asOf ?? 0))
    let isKnown = said?.content !== undefined && !wasEdited
    let content = said?.content
    let isRecalled = false
    const users = new Map<string, Set<string>>()
    for (const one of told) {
      if (one.seq > asOf) break
      if (one.kind === 'recall') isRecalled = true
      if (one.kind === 'edit') {
        content = one.content
        isKnown = one.content !== undefined
      }
      if (one.kind === 'reaction') {
        const by = users.get(one.reaction!) ?? new Set()
        users.set(one.reaction!, by)
        if (one.remove) by.delete(one.by ?? '')
        else by.add(one.by ?? '')
      }
    }
    const counts = [...users].flatMap(([reaction, by]) => (by.size === 0 ? [] : [[reaction, by.size] as const]))
    return { content, isRecalled, reactions: Object.fromEntries(counts), reactedBy: users, isKnown }
  }

  /**
   * Countable messages in `(readSeq, atSeq]`, neither own nor recalled by `atSeq`; null if some of them were not seen.
   */
  unread(user: string, readSeq: number, atSeq: number): number | null {
    return this.#unread(user, readSeq, atSeq)?.length ?? null
  }

  /** Those of them that mention the user; null if some of them were not seen unchanged. */
  mentioned(user: string, readSeq: number, atSeq: number): number | null {
    const unread = this.#unread(user, readSeq, atSeq)
    if (unread === null || unread.some(({ withheld }) => withheld === true)) return null
    return unread.filter(({ mentions = [] }) => mentions.includes(user) || mentions.includes('@all')).length
  }

  #unread(user: string, readSeq: number, atSeq: number): WireMessage[] | null {
    const unread: WireMessage[] = []
    for (let seq = readSeq + 1; seq <= atSeq; seq++) {
      const message = this.messages.get(seq)
      if (message === undefined) return null
      if (message.from === user || message.silent === true || message.type.startsWith('im.')) continue
      if (!this.state(seq, atSeq).isRecalled) unread.push(message)
    }
    return unread
  }

  #read({ seq, type, from, content }: WireMessage, joinersRead: 'from-now' | 'everything'): void {
    const body = (content ?? {}) as Record<string, unknown>
    if (type === 'im.group') this.#members(seq, body, joinersRead)
    const kind =
      type === 'im.recall' ? 'recall' : type === 'im.edit' ? 'edit' : type === 'im.reaction' ? 'reaction' : null
    if (kind === null || typeof body['seq'] !== 'number') return
    const told: Told = {
      seq,
      kind,
      target: body['seq'],
      by: from,
      content: body['content'],
      reaction: body['reaction'] as string,
      remove: body['remove'] === true,
    }
    const known = this.changes.get(told.target)
    if (known === undefined) this.changes.set(told.target, [told])
    else known.push(told)
  }

  #members(seq: number, body: Record<string, unknown>, joinersRead: 'from-now' | 'everything'): void {
    const userIds = (body['userIds'] ?? []) as readonly string[]
    if (body['event'] === 'created' || body['event'] === 'added')
      for (const user of userIds) {
        const from = joinersRead === 'everything' ? 0 : seq - 1
        const stay: Stay = { from, joined: seq, to: Infinity }
        this.stays.set(user, [...(this.stays.get(user) ?? []), stay])
      }
    const leaving = body['event'] === 'dissolved' ? [...this.stays.keys()] : userIds
    if (body['event'] === 'removed' || body['event'] === 'left' || body['event'] === 'dissolved')
      for (const user of leaving) {
        const last = this.stays.get(user)?.at(-1)
        if (last !== undefined) last.to = Math.min(last.to, seq)
      }
  }
}

/** Every conversation of which some client received anything. */
export function talksFrom(
  given: readonly { readonly message: WireMessage }[],
  joinersRead: 'from-now' | 'everything',
): Map<string, Talk> {
  const seen = new Map<string, Map<number, WireMessage>>()
  for (const { message } of given) {
    const messages = seen.get(message.conversationId) ?? new Map<number, WireMessage>()
    seen.set(message.conversationId, messages)
    const known = messages.get(message.seq)
    // The original content is the best evidence; a later state is better than none.
    const isBetter =
      known === undefined || (known.asOf !== undefined || known.withheld ? rank(message) > rank(known) : false)
    if (isBetter) messages.set(message.seq, message)
  }
  return new Map([...seen].map(([id, messages]) => [id, new Talk(id, messages, joinersRead)]))
}

const rank = ({ asOf, withheld, content }: WireMessage): number =>
  withheld === true ? 0 : asOf === undefined ? 3 : content === undefined ? 1 : 2
