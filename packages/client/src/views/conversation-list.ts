// The list of conversations, and how much in it is unread.
import type { Backend } from '../ports/backend.js'
import { stateOf, type ConversationState } from './conversation-state.js'
import { Cell, type Observable } from './observable.js'

export interface ConversationListState {
  /** Pinned ones first, then by latest activity; without those that are hidden or were left. */
  readonly items: readonly ConversationState[]
  /** False until the list was read from the server once. */
  readonly isComplete: boolean
}

export interface ConversationList extends Observable<ConversationListState> {
  /** The sum over all conversations, hidden ones too. */
  readonly unreadTotal: Observable<number>
}

export function conversationList(backend: Backend): ConversationList {
  const list = new Cell<ConversationListState>({ items: [], isComplete: false })
  const total = new Cell(0)
  const show = (): void => {
    const { mirror } = backend
    const states = [...mirror.conversations.values()].map(stateOf).filter(({ isMember }) => isMember)
    const items = states.filter(({ hidden }) => !hidden).sort(byPlace)
    const before = list.getSnapshot()
    const { isListed: isComplete } = mirror.meta
    const isSame = items.length === before.items.length && items.every((item, index) => item === before.items[index])
    if (!isSame || isComplete !== before.isComplete) list.set({ items: isSame ? before.items : items, isComplete })
    total.set(states.reduce((sum, { unread }) => sum + unread, 0))
  }
  backend.onCommit((ops) => {
    if (ops.some((op) => op.op !== 'cut' && (op.table === 'conversations' || op.table === 'meta'))) show()
  })
  backend.onOpen(show)
  return { getSnapshot: list.getSnapshot, subscribe: list.subscribe, unreadTotal: total }
}

const byPlace = (a: ConversationState, b: ConversationState): number =>
  Number(b.pinned) - Number(a.pinned) || b.updatedAt - a.updatedAt || (a.key < b.key ? -1 : 1)
