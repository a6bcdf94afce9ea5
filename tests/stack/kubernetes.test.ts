import fs from 'node:fs'
import path from 'node:path'
import { loadConfig } from '@streambus/broker'
import { describe, expect, test } from 'vitest'
import { imageEnvironment } from './container.ts'
import { NODE_UID } from './container-root.ts'
import { parseDockerfile } from './dockerfile.ts'
import { inRepository, readText, readYamls } from './files.ts'
import {
  isSelected,
  KUBERNETES,
  kustomizedFiles,
  type Manifest,
  ofKind,
  type PodContainer,
  readManifests,
  type Service,
  type ServiceMonitor,
  type StatefulSet
} from './manifests.ts'

const manifests = readManifests()
const [broker] = ofKind<StatefulSet>(manifests, 'StatefulSet') as [StatefulSet]
const pod = broker.spec.template
const [container] = pod.spec.containers as [PodContainer]
const services = ofKind<Service>(manifests, 'Service')
const serviceOf = (name: string): Service => services.find(({ metadata }) => metadata.name === name) as Service

describe('deploy/kubernetes', () => {
  test('names every file in a kustomization', () => {
    const named = kustomizedFiles(`${KUBERNETES}/operator`)
    const files = fs
      .readdirSync(inRepository(KUBERNETES), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.yaml') && !file.endsWith('kustomization.yaml') && !file.startsWith('prometheus/'))
      .map(file => path.posix.join(KUBERNETES, file))
    expect(new Set(files)).toEqual(new Set(named))
  })

  test('has no two objects of one name, and sets no namespace', () => {
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    expect(new Set(names).size).toBe(names.length)
    expect(manifests.filter(({ metadata }) => metadata.namespace !== undefined)).toEqual([])
  })

  test('calls everything app=streambus', () => {
    for (const { kind, metadata } of manifests)
      expect(metadata.labels?.['app'], `${kind} ${metadata.name}`).toBe('streambus')
  })
})

describe('the broker’s pods', () => {
  test('are what every selector means', () => {
    const budgets = ofKind<Manifest & { spec: { selector: { matchLabels: Record<string, string> } } }>(
      manifests,
      'PodDisruptionBudget'
    )
    const selectors = [
      broker.spec.selector.matchLabels,
      ...services.map(({ spec }) => spec.selector),
      ...budgets.map(({ spec }) => spec.selector.matchLabels)
    ]
    expect(selectors).toHaveLength(5)
    for (const selector of selectors) expect(isSelected(selector, pod.metadata.labels)).toBe(true)
  })

  test('have the ports that Services and probes name', () => {
    const ports = new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]))
    expect([...ports]).toEqual([
      ['kafka', 9092],
      ['metrics', 8080]
    ])
    for (const { spec } of services) {
      for (const { port, targetPort } of spec.ports) expect(ports.get(targetPort)).toBe(port)
    }
    const { startupProbe, livenessProbe, readinessProbe } = container
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) expect(httpGet.port).toBe('metrics')
    expect([startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path)).toEqual([
      '/health/live',
      '/health/live',
      '/health/ready'
    ])
    const annotations = {
      'prometheus.io/scrape': 'true',
      'prometheus.io/path': '/metrics',
      'prometheus.io/port': '8080'
    }
    expect(pod.metadata.annotations).toEqual(annotations)
  })

  test('have settings that the broker takes, and tell clients a name that the headless Service makes', async () => {
    const fields: Record<string, string> = {
      'metadata.name': 'streambus-0',
      'metadata.namespace': 'kafka',
      "metadata.labels['apps.kubernetes.io/pod-index']": '0'
    }
    const stages = parseDockerfile(readText('docker/Dockerfile'))
    const environment = Object.fromEntries(imageEnvironment({ stages }))
    for (const { name, value, valueFrom } of container.env) {
      const text = value ?? fields[valueFrom?.fieldRef.fieldPath ?? ''] ?? ''
      environment[name] = text.replaceAll(/\$\((\w+)\)/g, (_, variable: string) => environment[variable] ?? '')
    }
    const { advertised, listeners, adminListener, values } = await loadConfig({ environment })
    expect(listeners).toMatchObject([{ host: '0.0.0.0', port: 9092 }])
    expect(advertised).toEqual([{ host: 'streambus-0.streambus-headless.kafka.svc', port: 9092 }])
    expect(adminListener).toEqual({ host: '0.0.0.0', port: 8080 })
    expect(values['node.id']).toBe(0)
    const data = container.volumeMounts.find(({ name }) => name === broker.spec.volumeClaimTemplates[0]?.metadata.name)
    for (const directory of values['log.dirs']) expect(directory.startsWith(`${data?.mountPath}/`)).toBe(true)
    expect(pod.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(values['shutdown.grace.ms'] * 2)
    expect(serviceOf(broker.spec.serviceName).spec.clusterIP).toBe('None')
  })

  test('run as the image’s user, without rights, on a root file system that is read-only', () => {
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: NODE_UID, fsGroup: NODE_UID })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] }
    })
    const volumes = [...pod.spec.volumes, ...broker.spec.volumeClaimTemplates.map(({ metadata }) => metadata)]
    for (const { name } of container.volumeMounts) expect(volumes.map(volume => volume.name)).toContain(name)
    expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/data', '/tmp'])
    expect(ofKind(manifests, 'ServiceAccount').map(({ metadata }) => metadata.name)).toEqual([
      pod.spec.serviceAccountName
    ])
    expect(pod.spec.enableServiceLinks).toBe(false)
  })

  test('start all at once, have requests and a limit of memory, and an image with a version', () => {
    expect(broker.spec.podManagementPolicy).toBe('Parallel')
    expect(Object.keys(container.resources.requests)).toEqual(['cpu', 'memory'])
    expect(Object.keys(container.resources.limits)).toEqual(['memory'])
    const { version } = JSON.parse(readText('package.json')) as { version: string }
    expect(container.image).toBe(`streambus:${version}`)
  })
})

describe('the ServiceMonitor', () => {
  const [monitor] = ofKind<ServiceMonitor>(manifests, 'ServiceMonitor') as [ServiceMonitor]

  test('finds one port of one Service', () => {
    const [endpoint] = monitor.spec.endpoints
    const found = services
      .filter(({ metadata }) => isSelected(monitor.spec.selector.matchLabels, metadata.labels))
      .flatMap(({ metadata, spec }) => spec.ports.map(({ name }) => `${metadata.name}:${name}`))
      .filter(name => name.endsWith(`:${endpoint?.port}`))
    expect(found).toEqual(['streambus-metrics:metrics'])
    expect(endpoint).toMatchObject({ path: '/metrics', interval: '30s' })
  })

  test('makes the job streambus', () => {
    expect(serviceOf('streambus-metrics').metadata.labels?.[monitor.spec.jobLabel ?? '']).toBe('streambus')
  })
})

test('the role allows what pod discovery needs, and nothing else', () => {
  const [role, binding] = readYamls<Manifest & { rules?: unknown; roleRef?: { name: string } }>(
    `${KUBERNETES}/prometheus/rbac.yaml`
  )
  expect(role?.rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }])
  expect(binding?.roleRef?.name).toBe(role?.metadata.name)
})
