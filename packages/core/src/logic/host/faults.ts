// Turns anything thrown into the coded error that a client may see. Details stay in the log, under an id.
import { RookeryError } from '@rookery/protocol'
import { StorageError } from '../../ports/storage.js'
import type { FaultLog } from './fault-log.js'

export class Faults {
  constructor(private readonly log: FaultLog) {}

  /**
   * The coded error for whatever was thrown. A coded error stays as it is; if it has a cause, the cause is logged. A
   * failure of storage becomes `UNAVAILABLE`. Everything else becomes `INTERNAL`, and is logged.
   */
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
