// Runs a handler through Nest's own execution context: guards, pipes, interceptors, exception filters, in every scope.
import { AsyncResource } from 'node:async_hooks'
import { ContextIdFactory, type ExternalContextCreator, ModuleRef, type ModulesContainer } from '@nestjs/core'
import type { Logger } from '@rookery/core'
import { toCoded } from '../errors.js'
import type { CallArguments } from './call.js'
import { withCallContexts } from './context.js'
import { type Call, directCall } from './direct-call.js'
import { parametersFactory, parametersKey } from './parameters.js'
import { isThenable } from './thenable.js'

type HostModule = ModulesContainer extends Map<string, infer Module> ? Module : never
/** A provider of the host as Nest keeps it. */
export type Wrapper = HostModule['providers'] extends Map<unknown, infer Of> ? Of : never

/**
 * Calls a handler. Returns a promise only if a step is asynchronous. An error that the host meant for the client comes
 * out with its code.
 */
export type Runner = (args: CallArguments) => unknown

/** The functions that run one instance of the host's class. */
interface Bound {
  readonly handle: Call
  /** Gives a thrown value to the exception filters. */
  readonly filter: (...args: CallArguments) => Promise<unknown>
}

type Method = (...args: unknown[]) => unknown

const contextType = 'im'
const filtersKey = '__exceptionFilters__'

export class RunnerFactory {
  /** What a call threw, while its filters run. */
  private readonly thrown = new WeakMap<object, unknown>()
  private readonly reported = new Set<string>()

  private readonly creator: ExternalContextCreator

  constructor(
    creator: ExternalContextCreator,
    /** True if the app has global exception filters. */
    private readonly hasGlobalFilters: boolean,
    private readonly logger: Logger,
  ) {
    this.creator = withCallContexts(creator)
  }

  /** @param name for logs and error messages: `ChatHandlers.offer` */
  create(wrapper: Wrapper, method: Method, methodName: string, name: string): Runner {
    const hasFilters = this.hasGlobalFilters || isFiltered(method, wrapper)
    if (wrapper.isDependencyTreeStatic()) {
      const bound = this.bind(wrapper.instance as object, method, methodName)
      const run = (args: CallArguments): unknown => this.run(bound, args, hasFilters, name)
      return (args) => apart(run, args)
    }
    const run = async (args: CallArguments): Promise<unknown> =>
      this.run(await this.bindForCall(wrapper, methodName, args), args, hasFilters, name)
    return (args) => apart(run, args)
  }

  private run(bound: Bound, args: CallArguments, hasFilters: boolean, name: string): unknown {
    try {
      const given = bound.handle(args)
      if (!isThenable(given)) return given
      return given.then(undefined, (error: unknown) => this.failed(error, bound, args, hasFilters, name))
    } catch (error) {
      return this.failed(error, bound, args, hasFilters, name)
    }
  }

  private failed(error: unknown, bound: Bound, args: CallArguments, hasFilters: boolean, name: string): Promise<never> {
    if (hasFilters) return this.refused(error, bound, args, name)
    throw toCoded(error)
  }

  private async refused(error: unknown, bound: Bound, args: CallArguments, name: string): Promise<never> {
    throw toCoded(await this.filtered(bound, error, args, name))
  }

  /**
   * Returns what the client gets instead of the thrown value: the error that a filter returns. Nothing else that a
   * filter does counts: a filter written for HTTP returns or throws any value, and that must not turn a refusal into a
   * success.
   */
  private async filtered(bound: Bound, error: unknown, args: CallArguments, name: string): Promise<unknown> {
    const [call] = args
    this.thrown.set(call, error)
    try {
      const given = await bound.filter(...args)
      return given instanceof Error ? given : error
    } catch (fault) {
      if (fault !== error) this.report(fault, name)
      return error
    }
  }

  // Logs once for each handler: clients must not be able to fill the log.
  private report(fault: unknown, handler: string): void {
    if (this.reported.has(handler)) return
    this.reported.add(handler)
    const remedy = "an exception filter threw and was passed over; have it look at host.getType(), which is 'im' here"
    this.logger.error(remedy, fault, { handler })
  }

  private bind(instance: object, method: Method, methodName: string, context: Context = []): Bound {
    const handle = directCall(this.creator, contextType, instance, method, (creator) =>
      creator.create(
        instance as Record<string, unknown>,
        method,
        methodName,
        parametersKey,
        parametersFactory,
        context[0],
        context[1],
        { guards: true, interceptors: true, filters: false },
        contextType,
      ),
    )
    let filters: Bound['filter'] | undefined
    return {
      handle,
      filter: (...args) => (filters ??= this.bindFilters(instance, method, methodName, context))(...args),
    }
  }

  // The filters run apart from the call, so that the thrown value is known even if they fail. They run under a method
  // name of their own, because Nest caches the parameters of a method by its name.
  private bindFilters(instance: object, method: Method, methodName: string, context: Context): Bound['filter'] {
    const { thrown } = this
    const rethrow = (call: unknown): never => {
      throw thrown.get(call as object)
    }
    Reflect.defineMetadata(filtersKey, Reflect.getMetadata(filtersKey, method), rethrow)
    return this.creator.create(
      instance as Record<string, unknown>,
      rethrow,
      `${methodName}: filters`,
      undefined,
      undefined,
      context[0],
      context[1],
      { guards: false, interceptors: false, filters: true },
      contextType,
    )
  }

  private async bindForCall(wrapper: Wrapper, methodName: string, [session]: CallArguments): Promise<Bound> {
    const contextId = ContextIdFactory.getByRequest(session)
    const module = wrapper.host?.providers.get(ModuleRef)?.instance as ModuleRef
    module.registerRequestByContextId(wrapper.isDependencyTreeDurable() ? contextId.payload : session, contextId)
    const instance: object = await module.resolve(wrapper.token as never, contextId, { strict: true })
    return this.bind(instance, (instance as Record<string, Method>)[methodName]!, methodName, [contextId, wrapper.id])
  }
}

/**
 * Runs a call in its own asynchronous context, as if an `await` came before it. A guard may enter a store there
 * (`AsyncLocalStorage.enterWith`, as `nestjs-cls` does); the store must not stay on the socket after the call.
 */
const apart = (run: Runner, args: CallArguments): unknown =>
  new AsyncResource('RookeryHandler', { requireManualDestroy: true }).runInAsyncScope(run, undefined, args)

/** The context of a request-scoped call, and the id of the provider that asks for it. */
type Context = readonly [contextId?: ReturnType<typeof ContextIdFactory.create>, inquirerId?: string]

const isFiltered = (method: Method, { metatype }: Wrapper): boolean =>
  Reflect.hasMetadata(filtersKey, method) || (metatype !== null && Reflect.hasMetadata(filtersKey, metatype))
