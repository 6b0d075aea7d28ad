// Runs the host's after-handlers once a message is stored. They get messages of sessions, and those that the host sends
// with `checked`. They do not get other messages of the host, nor changes of messages or groups.
import type { AfterSend, Handlers, ImSession } from '../../ports/host.js'
import { draftOf } from '../access/admission.js'
import type { ReadableOp, Said, StoredAs, Taker } from '../delivery/committed.js'
import type { Faults } from './faults.js'

export class AfterHandlers implements Taker {
  constructor(
    private readonly handlers: Handlers,
    private readonly faults: Faults,
  ) {}

  committed(op: ReadableOp, result: StoredAs<ReadableOp>, said: Said): void {
    if (said === null || said.onBehalfOf === null || op.op !== 'append') return
    // A row of the outbox that is moved again is stored already, under its own id, and its handler ran the first time.
    // An after-handler runs at most once.
    if (result.status !== 'stored') return
    const after = this.handlers.after(op.message.kind, op.message.type)
    if (after !== undefined) void this.run(after, said.onBehalfOf, said, result.seq)
  }

  private async run(after: AfterSend, session: ImSession, said: NonNullable<Said>, seq: number): Promise<void> {
    const { msgId, conversationId, serverTime } = said.incoming.message
    try {
      await after(session, draftOf(said), { msgId, conversationId, seq, serverTime, duplicate: false })
    } catch (error) {
      this.faults.toError(error, 'after-handler')
    }
  }
}
