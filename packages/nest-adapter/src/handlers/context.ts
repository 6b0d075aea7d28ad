// The execution contexts that guards and interceptors get. A guard written for HTTP, such as that of
// `@nestjs/throttler`, takes the request and writes headers to the response. Here the request is the session, and the
// response drops what it gets.
import type { ExecutionContext } from '@nestjs/common'
import type { ExternalContextCreator } from '@nestjs/core'
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'

/** Stands in for the HTTP response: it has the methods of Express and Fastify responses, and sends nothing. */
class NoResponse {
  readonly headersSent = false
  readonly locals: Record<string, unknown> = {}
  statusCode = 200

  getHeader(): undefined {}
  get(): undefined {}
}

const written = [
  ...['header', 'headers', 'setHeader', 'set', 'append', 'removeHeader', 'vary', 'type', 'cookie', 'setCookie'],
  ...['clearCookie', 'status', 'code', 'send', 'json', 'end', 'write', 'on', 'once', 'off', 'removeListener'],
]
for (const name of written)
  Object.defineProperty(NoResponse.prototype, name, {
    value(this: NoResponse) {
      return this
    },
  })

export class CallContext extends ExecutionContextHost {
  private response: NoResponse | undefined

  override switchToHttp(): ReturnType<ExecutionContextHost['switchToHttp']> {
    const getResponse = <T>(): T => (this.response ??= new NoResponse()) as T
    return Object.assign(super.switchToHttp(), { getResponse })
  }
}

/** Makes the execution context for one call of a method. */
type CreateContext = (args: unknown[], instance: object, callback: (...args: unknown[]) => unknown) => ExecutionContext

const createContext: CreateContext = (args, instance, callback) =>
  new CallContext(args, instance.constructor as never, callback)

/** The parts of Nest's creator that make contexts. They do not belong to its public types. */
interface Consumers {
  readonly guardsConsumer?: { readonly createContext?: CreateContext }
  readonly interceptorsConsumer?: { readonly createContext?: CreateContext }
}

/**
 * Returns a creator whose guards and interceptors get these contexts. Returns Nest's own creator if this version of
 * Nest is built in another way.
 */
export function withCallContexts(creator: ExternalContextCreator): ExternalContextCreator {
  const { guardsConsumer, interceptorsConsumer } = creator as unknown as Consumers
  if (guardsConsumer?.createContext === undefined || interceptorsConsumer?.createContext === undefined) return creator
  return Object.assign(Object.create(creator) as ExternalContextCreator, {
    guardsConsumer: Object.assign(Object.create(guardsConsumer) as object, { createContext }),
    interceptorsConsumer: Object.assign(Object.create(interceptorsConsumer) as object, { createContext }),
  })
}
