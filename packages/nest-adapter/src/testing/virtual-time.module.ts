// Time that a test controls: chat's timers, deadlines and wall-clock times come from one virtual clock.
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

/** While the app shuts down: how much time passes in one step, ms, and how many steps follow the shutdown. */
const stepMs = 100
const stepsAfter = 20

/** Lets time pass by itself while the app shuts down: a drain waits for clients, and no test moves the time for it. */
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
 * Import it beside the app's own modules. Then time passes only by `TestChat.advance`, and expiry, deadlines and
 * heartbeats take no real time. Only chat's clock is virtual, not the clock of the app, its database or the test
 * runner.
 */
@Module({})
export class VirtualTimeModule {
  /** @param startMs the first wall-clock time, Unix ms; default: the real time now */
  static forRoot({ startMs = Date.now() }: { readonly startMs?: number } = {}): DynamicModule {
    return {
      module: VirtualTimeModule,
      global: true,
      providers: [{ provide: tokens.clock, useFactory: () => new VirtualClock(startMs) }, ClosingTime],
      exports: [tokens.clock],
    }
  }
}
