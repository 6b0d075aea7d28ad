// Holds the node once it exists. This class has no dependencies, so Nest can build whatever injects it before the
// options are known.
import { Injectable } from '@nestjs/common'
import { type Rookery, RookeryError } from '@rookery/core'

@Injectable()
export class RunningNode {
  private rookery: Rookery | undefined
  private isStarted = false

  /** The module calls it once, when it has built the node. */
  bind(rookery: Rookery): void {
    this.rookery = rookery
  }

  /** The module calls it once, when the node has started. */
  started(): void {
    this.isStarted = true
  }

  /** @throws Error while the node is not built */
  get(): Rookery {
    if (this.rookery === undefined) throw tooEarly()
    return this.rookery
  }

  /** @throws Error while the node has not started */
  running(): Rookery {
    if (this.rookery === undefined || !this.isStarted) throw tooEarly()
    return this.rookery
  }
}

class NotReadyError extends RookeryError {
  constructor(message: string) {
    super('UNAVAILABLE', message, { retryAfterMs: 1000 })
  }
}

// A microservice of the app may receive its first messages before chat has started: whoever sent them tries again.
const tooEarly = (): Error =>
  new NotReadyError(
    'ImService is not ready before the app has started: call it in onApplicationBootstrap or later, not in constructors, factories or onModuleInit.',
  )
