// Push as a Nest module. Only this file of the package imports NestJS.
import { ConfigurableModuleBuilder, type DynamicModule, Module } from '@nestjs/common'
import { type PushOptions, tokens } from '@rookery/core'

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<PushOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build()

/**
 * Notifications for `RookeryModule`, imported beside it in any order: `{ providers, compose }` and every other option of
 * push. A factory of `forRootAsync` may return null for an app that sends none.
 */
@Module({
  providers: [
    {
      provide: tokens.push,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: PushOptions | null) => options,
    },
  ],
  exports: [tokens.push],
})
export class PushModule extends ConfigurableModuleClass {
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return super.forRoot(options)
  }

  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options)
  }
}
