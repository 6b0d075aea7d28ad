// Where the running node is found once it runs. It needs nothing to be built, so that whatever injects it can be built
// before the options are known.
import { Injectable } from '@nestjs/common'
import type { Rookery } from '@rookery/core'

@Injectable()
export class RunningNode {
  private rookery: Rookery | undefined

  /** Called once, when the module has put the node together. */
  bind(rookery: Rookery): void {
    this.rookery = rookery
  }

  /** @throws Error while the app has not started yet */
  get(): Rookery {
    if (this.rookery === undefined)
      throw new Error(
        'ImService is not ready before the app has started: call it in onApplicationBootstrap or later, not in constructors, factories or onModuleInit.',
      )
    return this.rookery
  }
}
