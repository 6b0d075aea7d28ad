// Commits one operation through the writer, as a promise; for the use cases that are not the hot path.
import { RookeryError } from '@rookery/protocol'
import type { Clock } from '../../ports/clock.js'
import type { OpResults, RefusedResult, StorageOp } from '../../ports/storage.js'
import type { Writer } from './writer.js'

/**
 * Commits one operation in its turn.
 * @param then runs in the same turn as the commit's other results, so that what it gives to fan-out leaves in the same
 *   frames
 * @param refusal is called right before the operation goes into a commit; an error takes the operation out
 * @throws RookeryError `UNAVAILABLE` or `OVERLOADED`; the error with which storage refused the operation
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

/** The order of an operation: all operations of one conversation have one order, and so have those of one user. */
function orderOf(op: StorageOp): string {
  if ('message' in op) return op.message.conversationId
  return 'conversationId' in op ? op.conversationId : `user ${op.userId}`
}
