/**
 * prom-client's registry without the rest of prom-client. The package's entry point loads its default metrics,
 * t-digest and the OpenTelemetry API: 35 ms and 19 MB, against 1.6 ms and 2 MB for this file (Node 24).
 */
declare module 'prom-client/lib/registry.js' {
  interface Sample {
    /** When it differs from the name of the metric: `_bucket`, `_sum`, `_count`. */
    readonly metricName?: string
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
  }

  interface Snapshot {
    readonly name: string
    readonly help: string
    readonly type: string
    readonly values: readonly Sample[]
  }

  interface RegistrableMetric {
    readonly name: string
    readonly help: string
    readonly type: string
    /** Called once per render. */
    get(): Snapshot | Promise<Snapshot>
  }

  class Registry {
    static readonly PROMETHEUS_CONTENT_TYPE: string
    readonly contentType: string
    /** Throws when another metric has this name. */
    registerMetric(metric: RegistrableMetric): void
    /** HELP, TYPE and a line for each sample. Calls `get` before it returns. */
    getSingleMetricAsString(name: string): Promise<string>
  }

  export type { RegistrableMetric, Sample, Snapshot }
  export default Registry
}
