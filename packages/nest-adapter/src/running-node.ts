// Where the node is found once there is one. It needs nothing to be built, so that whatever injects it can be built before
// the options are known.
import { Injectable } from '@nestjs/common'
import type { Rookery } from '@rookery/core'

@Injectable()
export class RunningNode {
  private rookery: Rookery | undefined
  private isStarted = false

  /** Called once, when the module has put the node together. */
  bind(rookery: Rookery): void {
    this.rookery = rookery
  }

  /** Called once, when the node has started. */
  started(): void {
    this.isStarted = true
  }

  /** @throws Error while it is not put together */
  get(): Rookery {
    if (this.rookery === undefined) throw tooEarly()
    return this.rookery
  }

  /** @throws Error while it has not started */
  running(): Rookery {
    if (this.rookery === undefined || !this.isStarted) throw tooEarly()
    return this.rookery
  }
}

const tooEarly = (): Error =>
  new Error(
    'ImService is not ready before the app has started: call it in onApplicationBootstrap or later, not in constructors, factories or onModuleInit.',
  )
