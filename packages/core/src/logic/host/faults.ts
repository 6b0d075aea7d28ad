// From anything thrown to the coded error that a client may see. What is inside stays inside, under an id in the log.
import { RookeryError } from '@rookery/protocol'
import { StorageError } from '../../ports/storage.js'
import type { FaultLog } from './fault-log.js'

export class Faults {
  constructor(private readonly log: FaultLog) {}

  /** A coded error stays itself, and a fault that it stands for is logged; storage that failed is UNAVAILABLE; everything else is logged and becomes INTERNAL. */
  toError(thrown: unknown, where: string): RookeryError {
    if (thrown instanceof RookeryError) {
      const { code, cause } = thrown
      if (cause !== undefined) this.log.report('a part of the server is not available', cause, { where, code })
      return thrown
    }
    if (thrown instanceof StorageError) {
      this.log.report('storage failed', thrown, { where })
      return new RookeryError('UNAVAILABLE', 'storage is not available', { retryAfterMs: 1000 })
    }
    const id = this.log.report('a fault of the server', thrown, { where })
    return new RookeryError('INTERNAL', 'something went wrong on the server', { details: { id } })
  }
}
