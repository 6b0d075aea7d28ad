// The module that lets other services of the business call chat over their broker.
import { type DynamicModule, Module } from '@nestjs/common'
import { option } from '@rookery/core'
import { wordsOf } from '../misconfigured.js'
import { patternsController } from './controller.js'

export interface ImPatternsOptions {
  /** Before the name of the method: `im.` makes the pattern `im.sendC2C`. `im.` by default. */
  readonly prefix?: string
  /**
   * On RabbitMQ, in a microservice with `noAck: false`: `after-commit` acknowledges a message once its call is done, puts
   * back what may be tried again, and gives the rest to the dead letters of the queue. `off` by default: for `noAck: true`.
   */
  readonly rmqAck?: 'off' | 'after-commit'
  /** Decorators of the host for the controller, such as `UseGuards(ServiceGuard)`. None by default. */
  readonly decorators?: readonly ClassDecorator[]
}

const declared = {
  prefix: option.standard('im.', option.text(/^[!-~]{0,64}$/, "must be printable ASCII, such as 'im.'")),
  rmqAck: option.standard('off', option.oneOf(['off', 'after-commit'], "must be 'off' or 'after-commit'")),
  decorators: option.standard(
    [],
    option.passing<readonly ClassDecorator[]>((value) => Array.isArray(value), 'must be a list of class decorators'),
  ),
} satisfies option.Options<ImPatternsOptions>

/**
 * Answers message patterns with the methods of `ImService`, on every microservice that the app connects. Import it beside
 * `RookeryModule`. Whoever can send to the app's queue may speak as any user: only services of your own may reach it.
 */
@Module({})
export class ImPatternsModule {
  /** @throws Error in one line that names a wrong option */
  static forRoot(options: ImPatternsOptions = {}): DynamicModule {
    const { prefix, rmqAck, decorators } = option.read(declared, options, wordsOf('ImPatternsModule'))
    return { module: ImPatternsModule, controllers: [patternsController(prefix, rmqAck, decorators)] }
  }
}
