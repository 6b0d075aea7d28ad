// Spans for OpenTelemetry. The only place that knows its API.
export { RookeryTracingModule, type RookeryTracingOptions } from './tracing/tracing.module.js'
