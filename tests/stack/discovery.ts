import {
  isSelected,
  type Labels,
  type Manifest,
  ofKind,
  type Service,
  type ServiceMonitor,
  type StatefulSet
} from './manifests.ts'
import type { RelabelConfig, ScrapeConfig } from './scrape-config.ts'

/** A target with what discovery knows of it, as a file of Prometheus's file discovery has it. */
export interface DiscoveredTarget {
  readonly targets: readonly [string]
  readonly labels: Labels
}

/** Where a container port of a pod listens here. */
export type AddressOf = (podIndex: number, portName: string) => string

const NAMESPACE = 'streambus'

/** What Prometheus's pod discovery says of these pods: a target for each container port. */
export function discoverPods(broker: StatefulSet, podCount: number, addressOf: AddressOf): DiscoveredTarget[] {
  const { metadata, spec } = broker.spec.template
  const ports = spec.containers.flatMap(container => container.ports.map(port => ({ ...port, container })))
  return range(podCount).flatMap(index =>
    ports.map(({ name, containerPort, container }) => ({
      targets: [addressOf(index, name)] as const,
      labels: {
        __meta_kubernetes_namespace: NAMESPACE,
        __meta_kubernetes_pod_name: `${broker.metadata.name}-${index}`,
        __meta_kubernetes_pod_phase: 'Running',
        __meta_kubernetes_pod_container_name: container.name,
        __meta_kubernetes_pod_container_port_name: name,
        __meta_kubernetes_pod_container_port_number: String(containerPort),
        ...metaLabels('__meta_kubernetes_pod', metadata.labels)
      }
    }))
  )
}

/** What its endpoints discovery says of the Services before these pods: a target for each port of each Service. */
export function discoverEndpoints(
  manifests: readonly Manifest[],
  podCount: number,
  addressOf: AddressOf
): DiscoveredTarget[] {
  const [broker] = ofKind<StatefulSet>(manifests, 'StatefulSet')
  const podLabels = broker?.spec.template.metadata.labels
  return ofKind<Service>(manifests, 'Service')
    .filter(({ spec }) => isSelected(spec.selector, podLabels))
    .flatMap(({ metadata, spec }) => spec.ports.map(port => ({ metadata, port })))
    .flatMap(({ metadata, port }) =>
      range(podCount).map(index => ({
        targets: [addressOf(index, port.targetPort)] as const,
        labels: {
          __meta_kubernetes_namespace: NAMESPACE,
          __meta_kubernetes_service_name: metadata.name,
          __meta_kubernetes_endpoint_port_name: port.name,
          __meta_kubernetes_endpoint_ready: 'true',
          __meta_kubernetes_pod_name: `${broker?.metadata.name}-${index}`,
          ...metaLabels('__meta_kubernetes_service', metadata.labels ?? {})
        }
      }))
    )
}

/** What the Prometheus operator makes of a ServiceMonitor: the parts that choose targets and name the job. */
export function operatorJob({ metadata, spec }: ServiceMonitor): ScrapeConfig {
  const [endpoint] = spec.endpoints
  const selected = Object.entries(spec.selector.matchLabels).map(([name, value]): RelabelConfig => {
    return { source_labels: [`__meta_kubernetes_service_label_${safe(name)}`], action: 'keep', regex: value }
  })
  const jobLabel: RelabelConfig[] =
    spec.jobLabel === undefined
      ? []
      : [
          {
            source_labels: [`__meta_kubernetes_service_label_${safe(spec.jobLabel)}`],
            regex: '(.+)',
            target_label: 'job',
            replacement: '${1}'
          }
        ]
  return {
    job_name: `serviceMonitor/${NAMESPACE}/${metadata.name}/0`,
    metrics_path: endpoint?.path ?? '',
    kubernetes_sd_configs: [{ role: 'endpoints' }],
    relabel_configs: [
      ...selected,
      { source_labels: ['__meta_kubernetes_endpoint_port_name'], action: 'keep', regex: endpoint?.port ?? '' },
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_service_name'], target_label: 'service' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      { source_labels: ['__meta_kubernetes_service_name'], target_label: 'job', replacement: '${1}' },
      ...jobLabel
    ]
  }
}

function metaLabels(prefix: string, labels: Labels): Labels {
  const entries = Object.entries(labels).flatMap(([name, value]) => [
    [`${prefix}_label_${safe(name)}`, value],
    [`${prefix}_labelpresent_${safe(name)}`, 'true']
  ])
  return Object.fromEntries(entries) as Labels
}

/** A label's name as discovery writes it. */
function safe(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, '_')
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
