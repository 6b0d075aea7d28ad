// The module that a host imports for figures.
import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { tokens } from '@rookery/core'
import { register, type Registry } from 'prom-client'
import { ImService } from '../im.service.js'
import { NodeMetrics } from './node-metrics.js'

export interface RookeryMetricsOptions {
  /** Where the figures stand. Default: prom-client's global registry, which is right for one app in a process. */
  readonly registry?: Registry
  /** In front of every name. Default: `rookery_`. */
  readonly prefix?: string
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<RookeryMetricsOptions>()
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createRookeryMetricsOptions')
    .build()

/** Takes the figures out of the registry when the app ends, so that another one may begin. */
@Injectable()
class Leaving implements OnApplicationShutdown {
  constructor(@Inject(tokens.observer) private readonly metrics: NodeMetrics) {}

  onApplicationShutdown(): void {
    this.metrics.remove()
  }
}

/**
 * Counts what chat does: sends by outcome, commits, handlers, sessions by device type, the writer's queue, sessions that
 * fell behind, pushes, rows of the outbox. Import it beside `RookeryModule`. No label is of clients' choosing.
 */
@Module({
  providers: [
    {
      provide: tokens.observer,
      inject: [MODULE_OPTIONS_TOKEN, ImService],
      useFactory: ({ registry = register, prefix = 'rookery_' }: RookeryMetricsOptions, im: ImService) =>
        new NodeMetrics(registry, prefix, () => im.stats()),
    },
    Leaving,
  ],
})
export class RookeryMetricsModule extends ConfigurableModuleClass {
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options)
  }

  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options)
  }
}
