// Which spans a node makes. Sends and commits are told when they end, so their spans are made then, with their start.
import { type Attributes, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { ObservedCommit, ObservedHandler, ObservedSend, Observer } from '@rookery/core'

/** Outcomes of a send that are nobody's fault but the server's. */
const faults: ReadonlySet<string> = new Set(['INTERNAL', 'UNAVAILABLE', 'OVERLOADED'])

export class NodeSpans implements Observer {
  constructor(private readonly tracer: Tracer) {}

  sent({ kind, type, by, outcome, durationMs }: ObservedSend): void {
    const attributes = { 'im.kind': kind, 'im.type': type, 'im.by': by, 'im.outcome': outcome }
    this.ended('im.send', durationMs, attributes, faults.has(outcome))
  }

  committed({ operations, durationMs, failed }: ObservedCommit): void {
    this.ended('im.commit', durationMs, { 'im.operations': operations }, failed)
  }

  handler<T>({ on, name }: ObservedHandler, call: () => Promise<T>): Promise<T> {
    return this.tracer.startActiveSpan('im.handler', { attributes: { 'im.on': on, 'im.name': name } }, async (span) => {
      try {
        return await call()
      } catch (error) {
        // Not its message: that may tell what the message said.
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
