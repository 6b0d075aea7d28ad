// One conversation, as an app uses it. It may have no id yet: the first message makes it.
import type { DataOf, RequestOf } from '@rookery/protocol'
import type { Backend } from '../ports/backend.js'
import type { Random } from '../ports/clock.js'
import { keyOf } from '../ports/rows.js'
import type { ContentIn, DeclaredTypes, MessageType } from '../types/index.js'
import { emptyState, stateOf, type ConversationState } from './conversation-state.js'
import { Draft } from './draft.js'
import { groupActions, type GroupActions } from './group.js'
import { MessageView, type MessageViewOptions, type ViewParts } from './message-view.js'
import { Cell, type Observable } from './observable.js'
import type { Typing } from './passing.js'
import { pendingOf, type Pending } from './pending.js'

/** Which conversation: one that is known, one with a user, or a group. */
export type Target =
  | { readonly id: string }
  | { readonly peerId: string; readonly subject?: string }
  | { readonly groupId: string }

/** A message that is to be sent. */
export interface NewMessage<T extends DeclaredTypes, Type extends MessageType<T>> {
  readonly type: Type
  readonly content: ContentIn<T, Type>
  readonly ext?: object
  /** The `seq` of a message of this conversation. */
  readonly replyTo?: number
  /** Groups only. */
  readonly mentions?: readonly string[]
  readonly silent?: boolean
}

export interface ConversationParts {
  readonly backend: Backend
  readonly random: Random
  readonly typing: Typing
  readonly view: Pick<ViewParts, 'order' | 'isFocused' | 'onFocus'>
}

export class Conversation<T extends DeclaredTypes = DeclaredTypes> implements Observable<ConversationState> {
  readonly #cell: Cell<ConversationState>
  #group: GroupActions | undefined
  readonly getSnapshot: () => ConversationState
  readonly subscribe: (changed: () => void) => () => void
  /** The users who type in it now. */
  readonly typing: Observable<readonly string[]>
  /** What was begun to be written. */
  readonly draft: Draft

  constructor(
    private readonly parts: ConversationParts,
    private readonly target: Target,
  ) {
    const { backend } = parts
    this.#cell = new Cell(this.#state())
    this.getSnapshot = this.#cell.getSnapshot
    this.subscribe = this.#cell.subscribe
    this.typing = typingOf(parts.typing, () => this.id)
    this.draft = new Draft(backend, () => this.key)
    const show = (): void => this.#cell.set(this.#state())
    backend.onCommit((ops) => {
      if (ops.some((op) => op.op !== 'cut' && op.table === 'conversations')) show()
    })
    backend.onOpen(show)
  }

  /** Undefined while nobody has said anything. */
  get id(): string | undefined {
    return 'id' in this.target ? this.target.id : this.parts.backend.mirror.ids.get(keyOf(this.target))
  }

  /** What only groups have; undefined in a conversation of two. */
  get group(): GroupActions | undefined {
    const { groupId } = this.getSnapshot()
    if (groupId === undefined) return undefined
    this.#group ??= groupActions(this.parts.backend, this.parts.random, groupId)
    return this.#group
  }

  get key(): string {
    return this.getSnapshot().key
  }

  /** Opens a window of its messages. Close it when it is not shown any more. */
  open(options: MessageViewOptions = {}): MessageView {
    const { backend, view } = this.parts
    return new MessageView(
      { ...view, backend, key: () => this.key, id: () => this.id, find: () => this.#find() },
      options,
    )
  }

  /** Puts a message into the outbox. It is sent when its turn comes, also after the app was closed and opened again. */
  send<Type extends MessageType<T>>({ type, content, ext, replyTo, mentions, silent }: NewMessage<T, Type>): Pending {
    const { backend, random } = this.parts
    const { key, kind, peerId, subject, groupId } = this.getSnapshot()
    const clientMsgId = random.id()
    const to = kind === 'c2g' ? groupId : peerId
    if (to === undefined) throw new Error('the conversation is not known: name its peerId or groupId')
    const body = {
      clientMsgId,
      to,
      ...(subject !== undefined && { subject }),
      type,
      content: structuredClone(content) as Readonly<Record<string, unknown>>,
      ...(ext !== undefined && { ext: structuredClone(ext) as Readonly<Record<string, unknown>> }),
      ...(replyTo !== undefined && { replyTo }),
      ...(mentions !== undefined && mentions.length > 0 && { mentions }),
      ...(silent && { silent }),
    }
    return pendingOf(backend, clientMsgId, backend.commands.send({ key, event: kind, body }))
  }

  /** Sends a message again that was refused; false where there is none. It goes behind what was written since. */
  retry(key: string): Promise<boolean> {
    return this.parts.backend.commands.retry(key)
  }

  /** Takes a message away that was refused, or that the server cannot have seen; false where it may have. */
  discard(key: string): Promise<boolean> {
    return this.parts.backend.commands.discard(key)
  }

  /** @throws RookeryError with the server's code */
  edit(seq: number, content: object): Promise<{ readonly seq: number }> {
    return this.#change('edit', { seq, content: content as RequestOf<'edit'>['content'] })
  }

  recall(seq: number): Promise<{ readonly seq: number }> {
    return this.#change('recall', { seq })
  }

  react(seq: number, reaction: string, remove = false): Promise<{ readonly seq: number }> {
    return this.#change('react', { seq, reaction, ...(remove && { remove }) })
  }

  /** Who has read as far as this message. */
  readers(seq: number, page: { readonly cursor?: string; readonly limit?: number } = {}): Promise<DataOf<'readers'>> {
    return this.#ask('readers', { seq, ...page }) as Promise<DataOf<'readers'>>
  }

  /** Sets what only this user sees; its other devices follow. */
  async update(change: {
    readonly pinned?: boolean
    readonly muted?: boolean
    readonly hidden?: boolean
  }): Promise<void> {
    await this.#ask('conversation.update', { ...change, clientMsgId: this.parts.random.id() })
  }

  /** The person pressed a key in it. */
  keystroke(): void {
    const { id } = this
    if (id !== undefined) this.parts.typing.keystroke(id)
  }

  #state(): ConversationState {
    const { id } = this
    const row = id === undefined ? undefined : this.parts.backend.mirror.conversations.get(id)
    if (row !== undefined) return stateOf(row)
    const now = this.#cell?.getSnapshot()
    if (now !== undefined && now.id === undefined) return now
    return emptyState(this.target)
  }

  #change(event: 'edit' | 'recall' | 'react', body: object): Promise<{ readonly seq: number }> {
    return this.#ask(event, { ...body, clientMsgId: this.parts.random.id() }) as Promise<{ readonly seq: number }>
  }

  async #ask(event: string, body: object): Promise<unknown> {
    await this.parts.backend.open()
    const conversationId = this.id ?? (await this.#find())
    return this.parts.backend.commands.ask(event, { conversationId, ...body }, true)
  }

  /** Asks the server for a conversation that is not held. */
  async #find(): Promise<string> {
    const { target } = this
    const wanted = 'id' in target ? { conversationId: target.id } : target
    return (await this.parts.backend.commands.find(wanted)).conversationId
  }
}

/** The id may come later. */
function typingOf(typing: Typing, id: () => string | undefined): Observable<readonly string[]> {
  const nobody: readonly string[] = []
  return {
    getSnapshot: () => {
      const known = id()
      return known === undefined ? nobody : typing.in(known).getSnapshot()
    },
    subscribe: (changed) => {
      const known = id()
      return known === undefined ? () => {} : typing.in(known).subscribe(changed)
    },
  }
}
