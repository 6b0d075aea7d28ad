// Runs a handler through Nest's own execution context: guards, pipes, interceptors, exception filters, in every scope.
import { ContextIdFactory, type ExternalContextCreator, ModuleRef, type ModulesContainer } from '@nestjs/core'
import type { Logger } from '@rookery/core'
import { toCoded } from '../errors.js'
import type { CallArguments } from './call.js'
import { parametersFactory, parametersKey } from './parameters.js'

type HostModule = ModulesContainer extends Map<string, infer Module> ? Module : never
/** A provider of the host as Nest keeps it. */
export type Wrapper = HostModule['providers'] extends Map<unknown, infer Of> ? Of : never

/** Calls a handler. What it rejects with is coded, where the host meant it for the client. */
export type Runner = (args: CallArguments) => Promise<unknown>

/** What one instance of the host's class does with a call. */
interface Bound {
  readonly handle: (...args: CallArguments) => Promise<unknown>
  /** Gives what was thrown to the exception filters. */
  readonly filter: (...args: CallArguments) => Promise<unknown>
}

type Method = (...args: unknown[]) => unknown

const contextType = 'im'
const filtersKey = '__exceptionFilters__'

export class RunnerFactory {
  /** What a call failed with, for as long as its filters look at it. */
  private readonly thrown = new WeakMap<object, unknown>()
  private readonly reported = new Set<string>()

  constructor(
    private readonly creator: ExternalContextCreator,
    /** Whether the app has global exception filters. */
    private readonly hasGlobalFilters: boolean,
    private readonly logger: Logger,
  ) {}

  /** @param name for people: `ChatHandlers.offer` */
  create(wrapper: Wrapper, method: Method, methodName: string, name: string): Runner {
    const hasFilters = this.hasGlobalFilters || isFiltered(method, wrapper)
    if (wrapper.isDependencyTreeStatic()) {
      const bound = this.bind(wrapper.instance as object, method, methodName)
      return (args) => this.run(bound, args, hasFilters, name)
    }
    return async (args) => this.run(await this.bindForCall(wrapper, methodName, args), args, hasFilters, name)
  }

  private async run(bound: Bound, args: CallArguments, hasFilters: boolean, name: string): Promise<unknown> {
    try {
      return await bound.handle(...args)
    } catch (error) {
      throw toCoded(hasFilters ? await this.filtered(bound, error, args, name) : error)
    }
  }

  /**
   * What is to be answered in place of what was thrown: an error that a filter returns. Nothing else that a filter does
   * counts: one that was written for HTTP returns or fails with whatever it likes, and must not turn a refusal into a yes.
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

  // Once for each handler: clients must not be able to fill the log.
  private report(fault: unknown, handler: string): void {
    if (this.reported.has(handler)) return
    this.reported.add(handler)
    const remedy = "an exception filter threw and was passed over; have it look at host.getType(), which is 'im' here"
    this.logger.error(remedy, fault, { handler })
  }

  private bind(instance: object, method: Method, methodName: string, context: Context = []): Bound {
    const handle = this.creator.create(
      instance as Record<string, unknown>,
      method,
      methodName,
      parametersKey,
      parametersFactory,
      context[0],
      context[1],
      { guards: true, interceptors: true, filters: false },
      contextType,
    )
    let filters: Bound['filter'] | undefined
    return {
      handle,
      filter: (...args) => (filters ??= this.bindFilters(instance, method, methodName, context))(...args),
    }
  }

  // The filters run apart from the call, so that what was thrown is known even where they fail. Under a name of its own,
  // because Nest keeps the parameters of a method by its name.
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

/** The context of a request-scoped call, and in whose name it is asked for. */
type Context = readonly [contextId?: ReturnType<typeof ContextIdFactory.create>, inquirerId?: string]

const isFiltered = (method: Method, { metatype }: Wrapper): boolean =>
  Reflect.hasMetadata(filtersKey, method) || (metatype !== null && Reflect.hasMetadata(filtersKey, metatype))
