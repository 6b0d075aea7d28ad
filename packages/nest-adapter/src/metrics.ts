// Metrics for Prometheus, in the host's own registry. Only this entry imports prom-client.
export { RookeryMetricsModule, type RookeryMetricsOptions } from './metrics/metrics.module.js'
