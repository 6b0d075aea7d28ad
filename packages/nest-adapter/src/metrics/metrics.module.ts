// The module that a host imports for metrics.
import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common'
import { option, tokens } from '@rookery/core'
import { register, type Registry } from 'prom-client'
import { ImService } from '../im.service.js'
import { wordsOf } from '../misconfigured.js'
import { NodeMetrics } from './node-metrics.js'

export interface RookeryMetricsOptions {
  /** The registry that gets the metrics. Default: prom-client's global registry, which suits one app in a process. */
  readonly registry?: Registry
  /** The prefix of every metric's name. Default: `rookery_`. */
  readonly prefix?: string
}

const declared = {
  registry: option.standard(
    register,
    option.passing<Registry>(
      (value) => typeof (value as Registry | null)?.registerMetric === 'function',
      'is not a registry: give a Registry of prom-client',
    ),
  ),
  prefix: option.standard(
    'rookery_',
    option.text(
      /^(?:[A-Za-z_:][\w:]*)?$/,
      "has the wrong form: give letters, digits and underscores, such as 'rookery_'",
    ),
  ),
} satisfies option.Options<RookeryMetricsOptions>

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<RookeryMetricsOptions>()
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createRookeryMetricsOptions')
    .build()

/** Removes the metrics from the registry when the app ends, so that another app in this process can register them. */
@Injectable()
class Leaving implements OnApplicationShutdown {
  constructor(@Inject(tokens.observer) private readonly metrics: NodeMetrics) {}

  onApplicationShutdown(): void {
    this.metrics.remove()
  }
}

/**
 * Metrics of chat: sends by outcome, commits, handlers, sessions by device type, the writer's queue, sessions that fell
 * behind, s2c events, rows of the outbox. Import it beside `RookeryModule`. Clients cannot choose the value of any label.
 */
@Module({
  providers: [
    {
      provide: tokens.observer,
      inject: [MODULE_OPTIONS_TOKEN, ImService],
      useFactory: (options: RookeryMetricsOptions, im: ImService) => {
        const { registry, prefix } = option.read(declared, options, wordsOf('RookeryMetricsModule'))
        return new NodeMetrics(registry, prefix, () => im.stats())
      },
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
