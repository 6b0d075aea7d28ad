// A message on its way, as the one who sent it sees it.
import type { Backend } from '../ports/backend.js'
import type { SendFailure } from '../ports/rows.js'
import type { SendState } from './items.js'
import { Cell, type Observable } from './observable.js'

export interface PendingState {
  readonly state: Exclude<SendState, 'delivered' | 'read'>
  /** Of `failed`. */
  readonly error?: SendFailure
  /** Of `sent`: where it stands. */
  readonly seq?: number
}

/** How a send ended. A failed one may still be sent by `retry`. */
export type Outcome =
  | { readonly state: 'sent'; readonly conversationId: string; readonly seq: number }
  | { readonly state: 'failed'; readonly error: SendFailure }
  /** It was discarded before the server saw it, or everything on the device was wiped. */
  | { readonly state: 'discarded' }

export interface Pending extends Observable<PendingState> {
  /** The key of its row in lists, and of `retry` and `discard`. */
  readonly key: string
  /** Resolves when it is stored, refused for good, or discarded; never rejects. */
  readonly settled: Promise<Outcome>
}

export function pendingOf(backend: Backend, key: string, saved: Promise<void>): Pending {
  const cell = new Cell<PendingState>({ state: 'queued' })
  let settle: (outcome: Outcome) => void
  const settled = new Promise<Outcome>((resolve) => (settle = resolve))
  const ends: (() => void)[] = []
  let isSaved = false
  const finish = (state: PendingState | null, outcome: Outcome): void => {
    if (state !== null) cell.set(state)
    for (const end of ends) end()
    settle(outcome)
  }
  const look = (): void => {
    const row = backend.mirror.outbox.get(key)
    if (row === undefined) {
      if (isSaved) finish(null, { state: 'discarded' })
    } else if (row.state === 'failed' && row.error !== undefined)
      finish({ state: 'failed', error: row.error }, { state: 'failed', error: row.error })
    else if (row.sent !== undefined) {
      const { conversationId, seq } = row.sent
      finish({ state: 'sent', seq }, { state: 'sent', conversationId, seq })
    } else {
      const state = backend.isSending(row) ? 'sending' : 'queued'
      if (cell.getSnapshot().state !== state) cell.set({ state })
    }
  }
  ends.push(
    backend.onCommit((ops) => {
      for (const op of ops)
        if (op.op === 'put' && op.table === 'messages' && op.row.message.clientMsgId === key) {
          const { seq, conversationId } = op.row
          return finish({ state: 'sent', seq }, { state: 'sent', conversationId, seq })
        }
      look()
    }),
    backend.onSending(look),
  )
  saved.then(
    () => {
      isSaved = true
      look()
    },
    (error: unknown) => {
      const failure: SendFailure = { code: 'UNAVAILABLE', message: `not kept: ${String((error as Error).message)}` }
      finish({ state: 'failed', error: failure }, { state: 'failed', error: failure })
    },
  )
  return { key, settled, getSnapshot: cell.getSnapshot, subscribe: cell.subscribe }
}
