// The execution contexts in which guards and interceptors see a call. A guard that was written for HTTP, such as the one of
// `@nestjs/throttler`, takes the request and writes headers to the response: the request is the session, and what is written
// to the response goes nowhere.
import type { ExecutionContext } from '@nestjs/common'
import type { ExternalContextCreator } from '@nestjs/core'
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'

/** Stands where HTTP has its response: takes what those of Express and Fastify take, and answers nobody. */
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

/** Makes a context for a call of a method. */
type CreateContext = (args: unknown[], instance: object, callback: (...args: unknown[]) => unknown) => ExecutionContext

const createContext: CreateContext = (args, instance, callback) =>
  new CallContext(args, instance.constructor as never, callback)

/** What in Nest's creator makes contexts; not part of its public types. */
interface Consumers {
  readonly guardsConsumer?: { readonly createContext?: CreateContext }
  readonly interceptorsConsumer?: { readonly createContext?: CreateContext }
}

/** The same creator, whose guards and interceptors get these contexts; Nest's own where this Nest is built in another way. */
export function withCallContexts(creator: ExternalContextCreator): ExternalContextCreator {
  const { guardsConsumer, interceptorsConsumer } = creator as unknown as Consumers
  if (guardsConsumer?.createContext === undefined || interceptorsConsumer?.createContext === undefined) return creator
  return Object.assign(Object.create(creator) as ExternalContextCreator, {
    guardsConsumer: Object.assign(Object.create(guardsConsumer) as object, { createContext }),
    interceptorsConsumer: Object.assign(Object.create(interceptorsConsumer) as object, { createContext }),
  })
}
