// The module that a host imports for spans.
import { ConfigurableModuleBuilder, type DynamicModule, Module } from '@nestjs/common'
import { option, tokens } from '@rookery/core'
import { trace, type Tracer } from '@opentelemetry/api'
import { wordsOf } from '../misconfigured.js'
import { NodeSpans } from './node-spans.js'

export interface RookeryTracingOptions {
  /** The tracer that makes the spans. Default: the tracer `rookery` of the provider that the app registered. */
  readonly tracer?: Tracer
}

const declared = {
  tracer: option.optional(
    option.passing<Tracer>(
      (value) => typeof (value as Tracer | null)?.startSpan === 'function',
      'is not a tracer: give one of @opentelemetry/api',
    ),
  ),
} satisfies option.Options<RookeryTracingOptions>

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<RookeryTracingOptions>().setClassMethodName('forRoot').build()

/**
 * Makes a span for each send, each commit and each call of a handler. The handler's own spans (of queries, of requests)
 * become its children. Import it beside `RookeryModule`. Spans carry kinds, types and outcomes; no contents, no tokens,
 * no user ids.
 */
@Module({
  providers: [
    {
      provide: tokens.observer,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: RookeryTracingOptions) => {
        const { tracer } = option.read(declared, options, wordsOf('RookeryTracingModule'))
        return new NodeSpans(tracer ?? trace.getTracer('rookery'))
      },
    },
  ],
})
export class RookeryTracingModule extends ConfigurableModuleClass {
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options)
  }
}
