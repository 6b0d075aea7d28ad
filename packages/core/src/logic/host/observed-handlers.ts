// The host's handlers with an observer around each call. Without an observer they stay as they are.
import type { Handlers } from '../../ports/host.js'
import type { ObservedHandler, Observer } from '../../ports/observer.js'

export function observedHandlers(handlers: Handlers | null, observer: Observer | null): Handlers | null {
  if (handlers === null || observer?.handler === undefined) return handlers
  const around =
    (on: ObservedHandler['on'], name: string) =>
    <Args extends unknown[], T>(run: ((...args: Args) => Promise<T> | T) | undefined) =>
      run && ((...args: Args): Promise<T> => observer.handler!({ on, name }, async () => run(...args)))
  const connect = around('connect', 'connect')(handlers.connect?.bind(handlers))
  return {
    before: (kind, type) => around('before', type)(handlers.before(kind, type)),
    after: (kind, type) => around('after', type)(handlers.after(kind, type)),
    topic: (topic) => around('topic', topic)(handlers.topic(topic)),
    ...(connect === undefined ? {} : { connect }),
  }
}
