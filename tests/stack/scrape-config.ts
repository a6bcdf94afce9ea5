import { readYaml } from './files.ts'

/** What the checks read of a Prometheus configuration. */
export interface PrometheusConfig {
  readonly global: { readonly scrape_interval: string; readonly scrape_timeout: string }
  readonly rule_files?: readonly string[]
  readonly alerting?: { readonly alertmanagers: readonly { readonly static_configs: readonly StaticConfig[] }[] }
  readonly scrape_configs: readonly ScrapeConfig[]
}

export interface StaticConfig {
  readonly targets: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
}

export interface RelabelConfig {
  readonly source_labels?: readonly string[]
  readonly action?: string
  readonly regex?: string
  readonly target_label?: string
  readonly replacement?: string
}

export interface ScrapeConfig {
  readonly job_name: string
  readonly metrics_path?: string
  readonly scrape_interval?: string
  readonly static_configs?: readonly StaticConfig[]
  readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[]
  readonly kubernetes_sd_configs?: readonly { readonly role: string }[]
  readonly file_sd_configs?: readonly { readonly files: readonly string[] }[]
  readonly relabel_configs?: readonly RelabelConfig[]
  readonly metric_relabel_configs?: readonly RelabelConfig[]
}

/** Every Prometheus configuration that is shipped. */
export const PROMETHEUS_FILES = {
  compose: 'docker/prometheus/prometheus.yml',
  guide: 'docker/guide/prometheus.yml',
  static: 'docker/prometheus/static.yml',
  multiBroker: 'docker/prometheus/multi-broker.yml',
  kubernetes: 'deploy/kubernetes/prometheus/prometheus.yml'
} as const

export function readPrometheus(file: string): PrometheusConfig {
  return readYaml<PrometheusConfig>(file)
}

/** The entry that scrapes brokers. */
export function brokerJob(config: PrometheusConfig): ScrapeConfig {
  const jobs = config.scrape_configs.filter(({ job_name: name }) => name.startsWith('streambus'))
  const [job] = jobs
  if (job === undefined || jobs.length > 1) throw new Error(`${jobs.length} entries scrape brokers; one is expected`)
  return job
}
