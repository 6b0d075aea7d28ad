// Calls a handler in the order of Nest's external context: guards, then interceptors, then each parameter through its
// pipes, then the method. It makes no promise unless one of these returns a promise: under AsyncLocalStorage promises are
// the main cost of a call. Nest's own way makes nine, and more than twenty if there is an interceptor.
import { type CanActivate, ForbiddenException, type NestInterceptor, type PipeTransform } from '@nestjs/common'
import type { ExternalContextCreator } from '@nestjs/core'
import { isObservable, lastValueFrom } from 'rxjs'
import type { CallArguments } from './call.js'
import { CallContext } from './context.js'
import { intercepted } from './intercepted.js'
import { isThenable } from './thenable.js'

/** Calls a handler. Returns a promise only if a step is asynchronous. */
export type Call = (args: CallArguments) => unknown

type Method = (...args: unknown[]) => unknown
type Given = ReturnType<CanActivate['canActivate']>

/** A parameter as Nest's creator describes it. */
interface Parameter {
  readonly index: number
  extractValue(...args: CallArguments): unknown
  readonly type: unknown
  readonly data: unknown
  readonly metatype: unknown
  readonly schema?: unknown
  readonly pipes: readonly PipeTransform[]
}

/** What Nest's creator found for a method. */
interface Found {
  guards?: readonly CanActivate[]
  pipes?: readonly PipeTransform[]
  parameters?: readonly Parameter[]
  interceptors?: readonly NestInterceptor[]
}

/** The steps of Nest's creator that show what it found. They do not belong to its public types. */
interface Steps {
  createGuardsFn(guards: readonly CanActivate[], ...rest: unknown[]): unknown
  createPipesFn(pipes: readonly PipeTransform[], parameters: readonly Parameter[]): unknown
  readonly interceptorsContextCreator: { create(...args: unknown[]): readonly NestInterceptor[] }
}

/** Nest's numbers for the places that a pipe learns of; every other number means `custom`. */
const places: Readonly<Record<number, 'body' | 'query' | 'param'>> = { 3: 'body', 4: 'query', 5: 'param' }

/**
 * Lets a creator find the guards, interceptors, pipes and parameters of a method, and returns a call that runs them
 * directly. Returns Nest's own call if this version of Nest is built in a way that this file does not know.
 */
export function directCall(
  creator: ExternalContextCreator,
  contextType: string,
  instance: object,
  method: Method,
  make: (creator: ExternalContextCreator) => Method,
): Call {
  const found: Found = {}
  const handle = make(watched(creator, found))
  const { guards, pipes, parameters, interceptors } = found
  if (guards === undefined || pipes === undefined || parameters === undefined || interceptors === undefined)
    return (args) => handle(...args)
  const all = parameters.map((one): Parameter => ({ ...one, pipes: [...pipes, ...one.pipes] }))
  return new DirectCall(instance, method, contextType, guards, interceptors, all).run
}

function watched(creator: ExternalContextCreator, found: Found): ExternalContextCreator {
  const steps = creator as unknown as Partial<Steps>
  const { createGuardsFn, createPipesFn, interceptorsContextCreator } = steps
  if (createGuardsFn === undefined || createPipesFn === undefined || interceptorsContextCreator === undefined)
    return creator
  const own: Steps = {
    createGuardsFn: (guards, ...rest) => {
      found.guards = guards
      return createGuardsFn.call(creator, guards, ...rest)
    },
    createPipesFn: (pipes, parameters) => {
      found.pipes = pipes
      found.parameters = parameters
      return createPipesFn.call(creator, pipes, parameters)
    },
    interceptorsContextCreator: {
      create: (...args) => (found.interceptors = interceptorsContextCreator.create(...args)),
    },
  }
  return Object.assign(Object.create(creator) as ExternalContextCreator, own)
}

class DirectCall {
  private readonly count: number

  constructor(
    private readonly instance: object,
    private readonly method: Method,
    private readonly contextType: string,
    private readonly guards: readonly CanActivate[],
    private readonly interceptors: readonly NestInterceptor[],
    private readonly parameters: readonly Parameter[],
  ) {
    this.count = Math.max(0, ...parameters.map(({ index }) => index + 1))
  }

  readonly run = (args: CallArguments): unknown => {
    const given = this.begun(args)
    return isThenable(given) ? given.then(unwrapped) : unwrapped(given)
  }

  private begun(args: CallArguments): unknown {
    const { guards, interceptors } = this
    if (guards.length === 0 && interceptors.length === 0) return this.called(args)
    const context = new CallContext([...args], this.instance.constructor as never, this.method)
    context.setType(this.contextType)
    for (let i = 0; i < guards.length; i++) {
      const given = guards[i]!.canActivate(context)
      if (typeof given !== 'boolean') return this.guardedLater(i, given, context, args)
      if (!given) throw forbidden()
    }
    return this.intercepted(context, args)
  }

  private async guardedLater(i: number, given: Given, context: CallContext, args: CallArguments) {
    if (!(await settled(given))) throw forbidden()
    for (const guard of this.guards.slice(i + 1)) if (!(await settled(guard.canActivate(context)))) throw forbidden()
    return this.intercepted(context, args)
  }

  private intercepted(context: CallContext, args: CallArguments): unknown {
    const { interceptors } = this
    return interceptors.length === 0 ? this.called(args) : intercepted(interceptors, context, () => this.called(args))
  }

  private called(args: CallArguments): unknown {
    const { parameters } = this
    // A method without decorated parameters gets the arguments of the context.
    if (parameters.length === 0) return this.callMethod(args)
    const values: unknown[] = Array.from({ length: this.count }, () => null)
    for (let i = 0; i < parameters.length; i++) {
      const parameter = parameters[i]!
      const value = valueOf(parameter, args)
      if (isThenable(value)) return this.calledLater(i, value, values, args)
      values[parameter.index] = value
    }
    return this.callMethod(values)
  }

  // Starts all remaining parameters at once: the rejection of one must not stay unhandled while the code waits for
  // another.
  private async calledLater(i: number, value: PromiseLike<unknown>, values: unknown[], args: CallArguments) {
    const fill = async (parameter: Parameter, given: () => unknown): Promise<void> => {
      values[parameter.index] = await given()
    }
    const { parameters } = this
    const rest = parameters.slice(i + 1).map((parameter) => fill(parameter, () => valueOf(parameter, args)))
    await Promise.all([fill(parameters[i]!, () => value), ...rest])
    return this.callMethod(values)
  }

  private callMethod(values: readonly unknown[]): unknown {
    return this.method.apply(this.instance, values as unknown[])
  }
}

/** The value of a parameter: what its decorator takes from the call, after its pipes. */
function valueOf(parameter: Parameter, args: CallArguments): unknown {
  const { pipes } = parameter
  let value = parameter.extractValue(...args)
  for (let i = 0; i < pipes.length; i++) {
    if (isThenable(value)) return pipedLater(parameter, i, value)
    value = pipes[i]!.transform(value, metadataOf(parameter))
  }
  return value
}

async function pipedLater(parameter: Parameter, i: number, given: PromiseLike<unknown>): Promise<unknown> {
  let value = await given
  for (const pipe of parameter.pipes.slice(i)) value = await pipe.transform(value, metadataOf(parameter))
  return value
}

const metadataOf = ({ metatype, type, data, schema }: Parameter): Parameters<PipeTransform['transform']>[1] =>
  ({ metatype, type: places[type as number] ?? 'custom', data, schema }) as Parameters<PipeTransform['transform']>[1]

/** A guard's answer, from a value, a promise or an observable. */
async function settled(given: Given): Promise<unknown> {
  const value: unknown = await given
  return unwrapped(value)
}

const unwrapped = (value: unknown): unknown => (isObservable(value) ? lastValueFrom(value) : value)

const forbidden = (): ForbiddenException => new ForbiddenException('Forbidden resource')
