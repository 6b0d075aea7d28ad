// What was begun to be written in a conversation, kept on the device.
import type { Backend } from '../ports/backend.js'
import type { Observable } from './observable.js'

export class Draft implements Observable<unknown> {
  constructor(
    private readonly backend: Backend,
    private readonly key: () => string,
  ) {}

  /** Undefined where there is none. */
  readonly getSnapshot = (): unknown => this.backend.mirror.drafts.get(this.key())?.value

  readonly subscribe = (changed: () => void): (() => void) =>
    this.backend.onCommit((ops) => {
      if (ops.some((op) => op.op !== 'cut' && op.table === 'drafts')) changed()
    })

  /** Any JSON value; null or undefined takes it away. */
  set(value: unknown): Promise<void> {
    return this.backend.commands.draft(this.key(), value)
  }

  /** The draft of an edit of one message, apart from the conversation's own. */
  ofEdit(seq: number): Draft {
    return new Draft(this.backend, () => `${this.key()} edit ${seq}`)
  }
}
