// Calls a handler through its interceptors. Many libraries register an interceptor for the whole app that only returns
// `next.handle()`. Such an interceptor costs little: this file runs the rest of the call at once and subscribes to nothing.
import { AsyncResource } from 'node:async_hooks'
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common'
import { defer, from, isObservable, mergeMap, Observable } from 'rxjs'
import { isThenable } from './thenable.js'

/**
 * Calls the interceptors one inside the other, with `call` innermost. Returns the outcome of the first: an observable or a
 * value. Returns a promise of it only if a step is asynchronous.
 */
export const intercepted = (
  interceptors: readonly NestInterceptor[],
  context: ExecutionContext,
  call: () => unknown,
): unknown => through(interceptors, 0, context, call)

function through(
  interceptors: readonly NestInterceptor[],
  i: number,
  context: ExecutionContext,
  call: () => unknown,
): unknown {
  if (i === interceptors.length) return call()
  const next = new Next(() => through(interceptors, i + 1, context, call))
  const given: unknown = interceptors[i]!.intercept(context, next)
  return isThenable(given) ? given.then((stream) => next.outcomeOf(stream)) : next.outcomeOf(given)
}

/** The `next` of an interceptor: it runs the rest of the call. */
class Next implements CallHandler {
  private offered: { readonly stream: Observable<unknown>; readonly run: () => unknown } | null = null

  constructor(private readonly rest: () => unknown) {}

  handle(): Observable<unknown> {
    // The rest runs in the asynchronous context in which the interceptor calls `handle`, no matter who subscribes.
    const resource = new AsyncResource('RookeryInterceptor', { requireManualDestroy: true })
    const run = (): unknown => resource.runInAsyncScope(this.rest)
    const stream = new Observable((subscriber) => defer(() => streamOf(run())).subscribe(subscriber))
    this.offered = { stream, run }
    return stream
  }

  /** The outcome of the interceptor. If it returns the stream of `handle` itself, this runs the rest without a subscription. */
  outcomeOf(given: unknown): unknown {
    const { offered } = this
    if (offered !== null && given === offered.stream) return offered.run()
    return isObservable(given) ? given : from(given as Observable<unknown>)
  }
}

/** The outcome of the rest as a stream. A value is a single item, even if it is an array. */
const streamOf = (given: unknown): Observable<unknown> =>
  from(Promise.resolve(given)).pipe(mergeMap((value) => (isObservable(value) ? value : [value])))
