// The spans of a node. Core reports sends and commits when they end, so this code makes their spans then, with the
// start time in the past.
import { type Attributes, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { ObservedCommit, ObservedHandler, ObservedSend, Observer, PushObserver } from '@rookery/core'

/** The outcomes of a send that are the server's fault. */
const faults: ReadonlySet<string> = new Set(['INTERNAL', 'UNAVAILABLE', 'OVERLOADED'])

export class NodeSpans implements Observer {
  readonly push: PushObserver = {
    batch: ({ provider, size }, call) =>
      this.around('im.push', { 'im.provider': provider, 'im.notifications': size }, call),
  }

  constructor(private readonly tracer: Tracer) {}

  sent({ kind, type, by, outcome, durationMs }: ObservedSend): void {
    const attributes = { 'im.kind': kind, 'im.type': type, 'im.by': by, 'im.outcome': outcome }
    this.ended('im.send', durationMs, attributes, faults.has(outcome))
  }

  committed({ operations, durationMs, failed }: ObservedCommit): void {
    this.ended('im.commit', durationMs, { 'im.operations': operations }, failed)
  }

  handler<T>({ on, name }: ObservedHandler, call: () => Promise<T>): Promise<T> {
    return this.around('im.handler', { 'im.on': on, 'im.name': name }, call)
  }

  private around<T>(name: string, attributes: Attributes, call: () => Promise<T>): Promise<T> {
    return this.tracer.startActiveSpan(name, { attributes }, async (span) => {
      try {
        return await call()
      } catch (error) {
        // The span leaves out the error's message: it may quote the content of the chat message.
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'unknown' })
        throw error
      } finally {
        span.end()
      }
    })
  }

  private ended(name: string, durationMs: number, attributes: Attributes, isFault: boolean): void {
    const endTime = Date.now()
    const span = this.tracer.startSpan(name, { attributes, startTime: endTime - durationMs })
    if (isFault) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(endTime)
  }
}
