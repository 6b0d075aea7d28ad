// The host's code that runs after a message is stored. It takes what was sent on a user's behalf, and nothing else that is
// stored: what the host sends without checks, changes of messages and of groups pass it by.
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
    // A row of the outbox that is moved again finds itself stored, under its own id: its handler ran then. At most once.
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
