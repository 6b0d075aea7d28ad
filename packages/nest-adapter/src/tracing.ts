// Spans for OpenTelemetry. Only this entry imports its API.
export { RookeryTracingModule, type RookeryTracingOptions } from './tracing/tracing.module.js'
