// One operation through the writer, as a promise: for the use cases that are not the hot path.
import { RookeryError } from '@rookery/protocol'
import type { Clock } from '../../ports/clock.js'
import type { OpResults, RefusedResult, StorageOp } from '../../ports/storage.js'
import type { Writer } from './writer.js'

/**
 * Commits one operation in its turn.
 * @param then runs in the same turn as the commit's other results: what it notes for fan-out goes in the same frames
 * @param refusal asked right before the operation goes into a commit: an error takes it out
 * @throws RookeryError `UNAVAILABLE` or `OVERLOADED`; what storage refused the operation with
 */
export function commitOne<Op extends StorageOp, T>(
  writer: Writer,
  clock: Clock,
  deadlineMs: number,
  op: Op,
  then: (result: OpResults[Op['op']]) => T,
  refusal: () => RookeryError | null = () => null,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const full = writer.enqueue({
      op,
      deadlineMs: clock.monotonic() + deadlineMs,
      order: orderOf(op),
      admit: refusal,
      settled: (result) => {
        if (result.status === 'refused') reject((result as RefusedResult).error)
        else
          try {
            resolve(then(result as OpResults[Op['op']]))
          } catch (error) {
            reject(error instanceof Error ? error : new RookeryError('INTERNAL', 'something went wrong on the server'))
          }
      },
      failed: reject,
    })
    if (full !== null) reject(full)
  })
}

/** What a conversation's message waits for, its other operations wait for; and so with what is one user's. */
function orderOf(op: StorageOp): string {
  if ('message' in op) return op.message.conversationId
  return 'conversationId' in op ? op.conversationId : `user ${op.userId}`
}
