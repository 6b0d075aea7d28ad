// `forRoot` and `forRootAsync`, as Nest's builder makes them.
import { ConfigurableModuleBuilder } from '@nestjs/common'
import type { RookeryModuleOptions } from './module-options.js'

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<RookeryModuleOptions>({
  moduleName: 'Rookery',
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createRookeryOptions')
  .build()
