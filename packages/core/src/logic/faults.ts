// From anything thrown to the coded error that a client may see. What is inside stays inside, under an id in the log.
import type { Logger } from '../ports/logger.js'
import type { Random } from '../ports/random.js'
import { StorageError } from '../ports/storage.js'
import { RookeryError } from '../protocol/errors.js'

export class Faults {
  constructor(
    private readonly logger: Logger,
    private readonly random: Random,
  ) {}

  /** A coded error stays itself, and a fault that it stands for is logged; storage that failed is UNAVAILABLE; everything else is logged and becomes INTERNAL. */
  toError(thrown: unknown, where: string): RookeryError {
    if (thrown instanceof RookeryError) {
      const { code, cause } = thrown
      if (cause !== undefined) this.logger.error('a part of the server is not available', cause, { where, code })
      return thrown
    }
    if (thrown instanceof StorageError) {
      this.logger.error('storage failed', thrown, { where })
      return new RookeryError('UNAVAILABLE', 'storage is not available', { retryAfterMs: 1000 })
    }
    const id = this.random.id()
    this.logger.error('a fault of the server', thrown, { where, id })
    return new RookeryError('INTERNAL', 'something went wrong on the server', { details: { id } })
  }
}
