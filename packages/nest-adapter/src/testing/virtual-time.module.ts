// Time that a test moves: chat's timers, deadlines and times of day come from one virtual clock.
import {
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common'
import { tokens } from '@rookery/core'
import { settle, VirtualClock } from '@rookery/testing'

/** How much time passes in one step of the app's end, and how often after it, ms. */
const stepMs = 100
const stepsAfter = 20

/** Lets time pass by itself while the app shuts down: a drain waits for clients, and nobody moves time for it. */
@Injectable()
class ClosingTime implements OnModuleDestroy, OnApplicationShutdown {
  private stepsLeft = Infinity

  constructor(@Inject(tokens.clock) private readonly clock: VirtualClock) {}

  onModuleDestroy(): void {
    void this.pass()
  }

  onApplicationShutdown(): void {
    this.stepsLeft = stepsAfter
  }

  private async pass(): Promise<void> {
    while (this.stepsLeft-- > 0) await this.clock.advance(stepMs).catch(settle)
  }
}

/**
 * Import it beside the app's own modules. Time then moves by `TestChat.advance` alone: expiry, deadlines and heartbeats
 * take no real time. Only chat's clock is virtual, not that of the app, its database or the test runner.
 */
@Module({})
export class VirtualTimeModule {
  /** @param startMs what the wall clock says at first, Unix ms; default: the real time now */
  static forRoot({ startMs = Date.now() }: { readonly startMs?: number } = {}): DynamicModule {
    return {
      module: VirtualTimeModule,
      global: true,
      providers: [{ provide: tokens.clock, useFactory: () => new VirtualClock(startMs) }, ClosingTime],
      exports: [tokens.clock],
    }
  }
}
