// Combines several observers of one node: metrics and tracing each come from their own module.
import type { ObservedHandler, ObservedPushBatch, Observer } from '@rookery/core'

/** Makes one observer that calls all of them; undefined if there are none. */
export function combineObservers(observers: readonly Observer[]): Observer | undefined {
  if (observers.length < 2) return observers[0]
  const around = observers.filter((one) => one.handler !== undefined)
  const aroundPush = observers.filter((one) => one.push?.batch !== undefined)
  return {
    sent: (send) => observers.forEach((one) => one.sent?.(send)),
    committed: (commit) => observers.forEach((one) => one.committed?.(commit)),
    synced: () => observers.forEach((one) => one.synced?.()),
    s2c: (outcome) => observers.forEach((one) => one.s2c?.(outcome)),
    trimmed: (taken) => observers.forEach((one) => one.trimmed?.(taken)),
    outboxRow: (outcome) => observers.forEach((one) => one.outboxRow?.(outcome)),
    ...(around.length === 0 ? {} : { handler: nested(around) }),
    push: {
      told: (push) => observers.forEach((one) => one.push?.told?.(push)),
      armed: (arming) => observers.forEach((one) => one.push?.armed?.(arming)),
      ...(aroundPush.length === 0 ? {} : { batch: nestedPush(aroundPush) }),
    },
  }
}

const nested =
  (observers: readonly Observer[]) =>
  <T>(handler: ObservedHandler, call: () => Promise<T>): Promise<T> =>
    observers.reduceRight((inner, one) => () => one.handler!(handler, inner), call)()

const nestedPush =
  (observers: readonly Observer[]) =>
  <T>(batch: ObservedPushBatch, call: () => Promise<T>): Promise<T> =>
    observers.reduceRight((inner, one) => () => one.push!.batch!(batch, inner), call)()
