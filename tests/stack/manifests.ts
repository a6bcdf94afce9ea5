import fs from 'node:fs'
import path from 'node:path'
import { inRepository, readYaml, readYamls } from './files.ts'

/** What the checks read of a Kubernetes object. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Labels; readonly namespace?: string }
}

export type Labels = Readonly<Record<string, string>>

export interface Service extends Manifest {
  readonly spec: {
    readonly clusterIP?: string
    readonly selector: Labels
    readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[]
  }
}

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string }
}

export interface StatefulSet extends Manifest {
  readonly spec: {
    readonly replicas: number
    readonly serviceName: string
    readonly podManagementPolicy: string
    readonly selector: { readonly matchLabels: Labels }
    readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string } }[]
    readonly template: {
      readonly metadata: { readonly labels: Labels; readonly annotations: Labels }
      readonly spec: PodSpec
    }
  }
}

export interface PodSpec {
  readonly serviceAccountName: string
  readonly enableServiceLinks: boolean
  readonly terminationGracePeriodSeconds: number
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly containers: readonly PodContainer[]
  readonly volumes: readonly { readonly name: string }[]
}

export interface PodContainer {
  readonly name: string
  readonly image: string
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly env: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } }
  }[]
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly resources: { readonly requests: Labels; readonly limits: Labels }
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
}

export interface ServiceMonitor extends Manifest {
  readonly spec: {
    readonly jobLabel?: string
    readonly selector: { readonly matchLabels: Labels }
    readonly endpoints: readonly { readonly port: string; readonly path: string; readonly interval: string }[]
  }
}

export const KUBERNETES = 'deploy/kubernetes'

/** Files that a kustomization names, relative to the repository; those of the kustomizations it includes as well. */
export function kustomizedFiles(folder: string): string[] {
  const { resources } = readYaml<{ resources: string[] }>(`${folder}/kustomization.yaml`)
  return resources.flatMap(resource => {
    const file = path.posix.join(folder, resource)
    return fs.statSync(inRepository(file)).isDirectory() ? kustomizedFiles(file) : [file]
  })
}

/** Every object that `kubectl apply -k deploy/kubernetes/operator` makes. */
export function readManifests(): readonly Manifest[] {
  return kustomizedFiles(`${KUBERNETES}/operator`).flatMap(file => readYamls<Manifest>(file))
}

/** The objects of one kind; the caller names the type that goes with it. */
export function ofKind<T extends Manifest>(manifests: readonly Manifest[], kind: string): T[] {
  return manifests.filter(manifest => manifest.kind === kind) as T[]
}

/** Whether all labels that a selector asks for are there. */
export function isSelected(selector: Labels, labels: Labels | undefined): boolean {
  return Object.entries(selector).every(([name, value]) => labels?.[name] === value)
}
