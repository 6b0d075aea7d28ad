// Figures for Prometheus, in the host's own registry. The only place that knows prom-client.
export { RookeryMetricsModule, type RookeryMetricsOptions } from './metrics/metrics.module.js'
