// Presence and bus as a Nest module. Only this file of the package imports NestJS.
import { ConfigurableModuleBuilder, type DynamicModule, Logger as NestLogger, Module } from '@nestjs/common'
import { type LogFacts, type Logger, tokens } from '@rookery/core'
import type { RedisOptions } from './options.js'
import { RedisBus } from './redis-bus.js'
import { RedisPresence } from './redis-presence.js'

/** What `RedisPresence` and `RedisBus` take. The log is Nest's own. */
export type RedisPresenceModuleOptions = Omit<RedisOptions, 'logger'>

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<RedisPresenceModuleOptions>()
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build()

/**
 * Presence and bus for `RookeryModule`, imported beside it in any order: all processes with one Redis and one database are
 * one system. It opens connections of its own, unless the host gives clients; they are opened and closed with chat, not by
 * this module. A factory of `forRootAsync` may return null for a process that stays alone.
 */
@Module({
  providers: [
    {
      provide: tokens.presence,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: RedisPresenceModuleOptions | null) => options && new RedisPresence({ ...options, logger }),
    },
    {
      provide: tokens.bus,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (options: RedisPresenceModuleOptions | null) => options && new RedisBus({ ...options, logger }),
    },
  ],
  exports: [tokens.presence, tokens.bus],
})
export class RedisPresenceModule extends ConfigurableModuleClass {
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return super.forRoot(options)
  }

  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options)
  }
}

const nest = new NestLogger('Rookery')

const line = (message: string, facts: LogFacts = {}): string =>
  [message, ...Object.entries(facts).map(([name, value]) => `${name}=${String(value)}`)].join(' ')

const logger: Logger = {
  info: (message, facts) => nest.log(line(message, facts)),
  warn: (message, facts) => nest.warn(line(message, facts)),
  error: (message, error, facts) => nest.error(line(`${message}: ${String(error)}`, facts)),
}
