import type { Clock } from '@streambus/base'
import { describeConfigsApi, describeLogDirsApi, errorByCode, metadataApi } from '@streambus/protocol'
import { type Address, Connection, WireError, type WireFailure } from '@streambus/wire-client'
import { check } from '../answers.ts'
import { ResourceType } from '../config-resource.ts'
import { isChanged } from '../config-source.ts'
import { type Attempt, attempt } from './attempt.ts'
import type {
  BrokerFacts,
  ClusterFacts,
  Gathered,
  KafkaPort,
  LogDirectoryFacts,
  Settings,
  TopicFacts
} from './gathered.ts'
import { speaksTls } from './probe-tls.ts'

export interface KafkaOptions {
  readonly bootstrap: readonly Address[]
  readonly clock: Clock
  /** For each connection and each request. */
  readonly limitMs: number
}

const CLIENT_ID = 'streambus-doctor'
/** More brokers than this are not looked at one by one. */
const BROKERS_MAX = 100
/** More topics than this are not asked for their settings. */
const TOPICS_MAX = 1_000
/** What is worth judging of a topic. */
const TOPIC_SETTINGS = ['flush.policy', 'min.insync.replicas', 'retention.ms', 'retention.bytes', 'cleanup.policy']
/** A port that may be of something else. */
const STRANGERS: ReadonlySet<WireFailure> = new Set(['not-kafka', 'tls-peer', 'closed', 'request-timeout'])

/** Looks at every bootstrap address, then at every broker that the first one to answer tells of. Never rejects. */
export async function gatherKafka(
  options: KafkaOptions
): Promise<Pick<Gathered, 'bootstrap' | 'metadata' | 'brokers'>> {
  const bootstrap = await Promise.all(
    options.bootstrap.map(async address => (await visit(address, options, async () => null)).port)
  )
  const reached = bootstrap.find(({ answered }) => answered.error === null)
  if (reached === undefined) return { bootstrap, metadata: null, brokers: [] }
  const { result } = await visit(reached.address, options, connection => clusterOf(connection, options))
  const known = result?.value?.brokers ?? []
  const brokers = await Promise.all(known.slice(0, BROKERS_MAX).map(broker => brokerOf(broker, options)))
  return { bootstrap, metadata: result, brokers }
}

/** Connects, and runs `run` when the port speaks Kafka; `result` is null when it does not. */
async function visit<T>(
  address: Address,
  { clock, limitMs }: KafkaOptions,
  run: (connection: Connection) => Promise<T>
): Promise<{ readonly port: KafkaPort; readonly result: Attempt<T> | null }> {
  const startedMs = clock.monotonicMs()
  const limit = { clock, limitMs: limitMs + 1000 }
  const opened = await attempt(
    'the connection',
    () =>
      Connection.open({ address, clientId: CLIENT_ID, connectTimeoutMs: limitMs, requestTimeoutMs: limitMs, clock }),
    limit
  )
  if (opened.error !== null) {
    const isStranger = opened.error instanceof WireError && STRANGERS.has(opened.error.failure)
    const isTls = isStranger && (await speaksTls(address, { clock, limitMs }))
    return { port: { address, answered: opened, isTls }, result: null }
  }
  const port = { address, answered: { value: clock.monotonicMs() - startedMs, error: null }, isTls: false }
  try {
    return { port, result: await attempt('the requests', () => run(opened.value), { clock, limitMs: 3 * limitMs }) }
  } finally {
    opened.value.destroy()
  }
}

async function clusterOf(connection: Connection, { clock, limitMs }: KafkaOptions): Promise<ClusterFacts> {
  const { brokers, clusterId, topics } = await connection.send(metadataApi, {
    topics: null,
    allowAutoTopicCreation: false
  })
  const known = topics
    .filter(({ isInternal }) => !isInternal)
    .map(({ name, partitions }) => ({ name: name ?? '', replicas: partitions[0]?.replicaNodes.length ?? 0 }))
  return {
    clusterId,
    topics: await attempt('DescribeConfigs', () => topicsOf(connection, known.slice(0, TOPICS_MAX)), {
      clock,
      limitMs
    }),
    brokers: brokers.map(({ nodeId, host, port }) => ({ id: nodeId, address: { host, port } })),
    partitions: topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
        name: `${name}-${partitionIndex}`,
        leaderId,
        replicas: replicaNodes.length,
        inSync: isrNodes.length
      }))
    )
  }
}

async function topicsOf(
  connection: Connection,
  topics: readonly Pick<TopicFacts, 'name' | 'replicas'>[]
): Promise<readonly TopicFacts[]> {
  const resources = topics.map(({ name }) => {
    return { resourceType: ResourceType.topic, resourceName: name, configurationKeys: TOPIC_SETTINGS }
  })
  const { results } = await connection.send(describeConfigsApi, { resources })
  const own = new Map(
    results.map(({ resourceName, configs }) => {
      const set = configs.filter(config => isChanged(config) && config.value !== null)
      return [resourceName, new Map(set.map(({ name, value }) => [name, value ?? '']))]
    })
  )
  const described = topics.map(topic => ({ ...topic, settings: own.get(topic.name) ?? new Map<string, string>() }))
  return described.filter(({ settings }) => settings.size > 0)
}

async function brokerOf({ id, address }: ClusterFacts['brokers'][number], options: KafkaOptions): Promise<BrokerFacts> {
  const { clock, limitMs } = options
  const { port, result } = await visit(address, options, connection => {
    const within = { clock, limitMs }
    return Promise.all([
      attempt('Metadata', () => identityOf(connection), within),
      attempt('DescribeConfigs', () => settingsOf(connection, id), within),
      attempt('DescribeLogDirs', () => logDirectoriesOf(connection, id), within)
    ])
  })
  const [identity, settings, logDirectories] = result?.value ?? [null, null, null]
  return { ...port, id, identity, settings, logDirectories }
}

async function identityOf(connection: Connection) {
  const { brokers, clusterId } = await connection.send(metadataApi, { topics: [], allowAutoTopicCreation: false })
  return { clusterId, ids: brokers.map(({ nodeId }) => nodeId) }
}

/** Throws BrokerError; INVALID_REQUEST when it is not this broker who answers. */
async function settingsOf(connection: Connection, id: number): Promise<Settings> {
  const resource = { resourceType: ResourceType.broker, resourceName: String(id), configurationKeys: null }
  const { results } = await connection.send(describeConfigsApi, { resources: [resource] })
  for (const result of results) check(`broker ${id}`, result)
  const settings = new Map<string, string>()
  for (const { name, value, isSensitive } of results.flatMap(({ configs }) => configs)) {
    if (value !== null && !isSensitive) settings.set(name, value)
  }
  return settings
}

async function logDirectoriesOf(connection: Connection, id: number): Promise<readonly LogDirectoryFacts[]> {
  const { errorCode, results } = await connection.send(describeLogDirsApi, { topics: null })
  check(`broker ${id}`, { errorCode })
  return results.map(({ logDir, errorCode: code, totalBytes, usableBytes }) => ({
    path: logDir,
    error: code === 0 ? null : errorByCode(code).name,
    totalBytes,
    usableBytes
  }))
}
