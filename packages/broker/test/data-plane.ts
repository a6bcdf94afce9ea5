import type { Clock } from '@streambus/base'
import { createBrokerMetrics } from '@streambus/metrics'
import { type ApiSchema, decodeResponse, encodeRequestFrame, type Input } from '@streambus/protocol'
import { RecordBatchBuilder, readRecords, walkBatches } from '@streambus/protocol/records'
import { ManualClock, MemoryDisk, type MemoryDiskOptions, SeededPrng } from '@streambus/testkit'
import type { ConfigValues } from '../src/config/schema.ts'
import type { TopicSettings } from '../src/config/topic.ts'
import { INTERNAL_TOPICS } from '../src/controller/topic-names.ts'
import { LazyPatterns } from '../src/coordinator/group/consumer/lazy-patterns.ts'
import { SILENT_GROUP_PROBE } from '../src/coordinator/group/group-probe.ts'
import { Groups } from '../src/coordinator/group/groups.ts'
import { ProducerIds } from '../src/coordinator/transaction/producer-ids.ts'
import { produceHandler } from '../src/handlers/00-produce.ts'
import { fetchHandler } from '../src/handlers/01-fetch.ts'
import { listOffsetsHandler } from '../src/handlers/02-list-offsets.ts'
import { metadataHandler } from '../src/handlers/03-metadata.ts'
import { findCoordinatorHandler } from '../src/handlers/10-find-coordinator.ts'
import { apiVersionsHandler } from '../src/handlers/18-api-versions.ts'
import { initProducerIdHandler } from '../src/handlers/22-init-producer-id.ts'
import { offsetForLeaderEpochHandler } from '../src/handlers/23-offset-for-leader-epoch.ts'
import { groupHandlers } from '../src/handlers/index.ts'
import { HandlerRegistry } from '../src/handlers/registry.ts'
import { bindPartitions } from '../src/observability/bind-partitions.ts'
import { bindRequests } from '../src/observability/bind-requests.ts'
import { bindWaits } from '../src/observability/bind-waits.ts'
import { TopicSlots } from '../src/observability/topic-slots.ts'
import { inTurns } from '../src/partition/in-turns.ts'
import { ParkedFetches } from '../src/partition/parked-fetches.ts'
import type { Exchange, Peer } from '../src/pipeline/exchange.ts'
import { Pipeline } from '../src/pipeline/pipeline.ts'
import { RequestClock } from '../src/pipeline/request-clock.ts'
import { BROKER_DEFAULTS, openBareBroker, TOPIC_DEFAULTS } from './bare-broker.ts'

export interface Reply<Res> {
  /** Null until answered; 'none' for a request without an answer, 'closed' when the connection was. */
  outcome: 'pending' | 'answered' | 'none' | 'closed'
  body: Res | null
  closeReason: string
  readonly holdsBack: boolean
}

export interface DataPlaneOptions {
  readonly disk?: MemoryDisk
  readonly syncs?: MemoryDiskOptions['syncs']
  readonly settings?: Partial<TopicSettings>
  readonly autoCreate?: boolean
  readonly clean?: boolean
  /** What partitions are opened by; the plane's own clock otherwise, which stands still, so all are at once. */
  readonly turns?: Clock
  /** Of the broker, where they differ from the defaults. */
  readonly brokerSettings?: Partial<ConfigValues>
}

/** Pipeline, handlers, partitions, controller and logs on a memory disk; no sockets, time stands still. */
export async function openDataPlane(options: DataPlaneOptions = {}) {
  const disk = options.disk ?? new MemoryDisk()
  const clock = new ManualClock()
  const turns = options.turns ?? clock
  const metrics = createBrokerMetrics()
  const slots = new TopicSlots(
    () => 500,
    name => INTERNAL_TOPICS.has(name)
  )
  const probe = bindPartitions(metrics, slots)
  const bugs: unknown[] = []
  const peers: Peer[] = []
  const { directory, directoryState, pool, partitions, controller, registered } = openBareBroker({
    disk,
    clock,
    settings: { ...TOPIC_DEFAULTS, ...options.settings },
    probe,
    onFatal: error => {
      throw error
    },
    onStray: () => {}
  })
  const waits = bindWaits(metrics, () => [...partitions.all()].map(({ waitCounts }) => waitCounts))
  disk.completeSyncs()
  await registered
  partitions.apply(
    controller.image,
    [...controller.image.topics()].map(({ name }) => name)
  )
  // Loaded now: later it would come in a turn of its own choice.
  const patterns = new LazyPatterns()
  await patterns.load()
  const groups = new Groups({
    patterns,
    controller,
    partitions,
    clock,
    prng: new SeededPrng(1),
    settings: () => ({ ...BROKER_DEFAULTS, ...options.brokerSettings }),
    retentionNowMs: () => clock.wallMs(),
    probe: SILENT_GROUP_PROBE,
    hostProbe: {
      loaded() {},
      skipped() {},
      loadFailed(_partition, error) {
        throw error
      },
      bug: error => void bugs.push(error)
    }
  })
  groups.runtime.adopt()
  controller.onImage(changed => {
    const applied = inTurns(turns, partitions.applySteps(controller.image, changed))
    if (applied === null) groups.runtime.adopt()
    return applied?.then(() => groups.runtime.adopt()) ?? null
  })
  const parked = new ParkedFetches()
  const onStorageError = (_partition: unknown, error: Error): void => void storageErrors.push(error)
  const storageErrors: Error[] = []
  const registry: HandlerRegistry = new HandlerRegistry([
    produceHandler({ partitions, probe }),
    fetchHandler({
      partitions,
      probe,
      clock,
      parked,
      bytesMax: () => 57_671_680,
      bytesFree: () => 1 << 28,
      onStorageError
    }),
    listOffsetsHandler({ partitions, onStorageError }),
    metadataHandler({
      controller,
      nodeId: 1,
      isAutoCreateEnabled: () => options.autoCreate ?? true,
      isOffline: (topic, index) => partitions.isOffline(topic, index)
    }),
    findCoordinatorHandler({ nodeId: 1, offsetsTopic: groups.topic }),
    ...groupHandlers({ groups: groups.coordinator, controller, clock }),
    apiVersionsHandler(() => registry.ranges()),
    initProducerIdHandler({ producerIds: new ProducerIds(() => controller.allocateProducerIds()) }),
    offsetForLeaderEpochHandler({ partitions })
  ])
  const requestClock = new RequestClock(clock, true)
  const pipeline = new Pipeline({
    registry,
    probe: bindRequests(metrics, { apis: registry.apis(), limits: () => BROKER_DEFAULTS, waits }),
    clock: requestClock,
    onBug: (_api, error) => bugs.push(error)
  })

  function inject<Req, Res>(api: ApiSchema<Req, Res>, version: number, body: Input<Req>): Reply<Res> {
    const frame = Buffer.concat(encodeRequestFrame({ api, version, correlationId: 7, clientId: 'test', body }))
    return injectFrame(api, version, frame.subarray(4))
  }

  function injectFrame<Req, Res>(api: ApiSchema<Req, Res>, version: number, frame: Buffer): Reply<Res> {
    let holdsBack = false
    const reply = {
      outcome: 'pending',
      body: null,
      closeReason: '',
      get holdsBack() {
        return holdsBack
      }
    } as Reply<Res>
    const exchange: Exchange = {
      get holdsBack() {
        return holdsBack
      },
      set holdsBack(value) {
        holdsBack = value
      },
      arrivedMs: 0,
      afterWrite: null,
      onSent: null,
      respond(chunks) {
        reply.outcome = chunks.length === 0 ? 'none' : 'answered'
        if (chunks.length > 0) {
          // A copy: the chunks' buffers go back to their pools as soon as they are "written".
          const bytes = Buffer.from(Buffer.concat(chunks).subarray(4))
          reply.body = decodeResponse(api as unknown as ApiSchema<never, Res>, version, bytes).body
        }
        exchange.afterWrite?.()
      },
      close(_reason, detail) {
        reply.outcome = 'closed'
        reply.closeReason = detail
      }
    }
    const peer: Peer = {
      connectionId: 1,
      host: '10.0.0.9',
      port: 50_000,
      software: null,
      advertised: { host: 'me', port: 1234 }
    }
    peers.push(peer)
    requestClock.arrive()
    pipeline.execute(frame, peer, exchange)
    // What the pipeline kept must not be the frame: the network layer reads the next request into the same memory.
    frame.fill(0xee)
    return reply
  }

  async function createTopic(name: string, partitionCount = 1): Promise<void> {
    const wish = { name, partitionCount, replicationFactor: 1, assignments: null, configs: new Map<string, string>() }
    const done = controller.createTopics([wish], { validateOnly: false })
    await settle()
    await done
  }

  /** Lets syncs end and promises run until nothing moves. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      await new Promise(setImmediate)
      if (options.syncs !== 'manual') disk.completeSyncs()
    }
  }

  return {
    disk,
    clock,
    directory,
    controller,
    partitions,
    parked,
    pool,
    metrics,
    peers,
    bugs,
    storageErrors,
    directoryState,
    inject,
    injectFrame,
    createTopic,
    settle,
    groups
  }
}

export type DataPlane = Awaited<ReturnType<typeof openDataPlane>>

export function batchOf(values: readonly string[], options: Parameters<RecordBatchBuilder['build']>[0] = {}): Buffer {
  const builder = new RecordBatchBuilder()
  for (const value of values) {
    builder.append({ key: null, value: Buffer.from(value), headers: [], timestamp: 1_700_000_000_000 })
  }
  return builder.build(options)
}

export function valuesIn(records: Buffer | null | undefined): string[] {
  const values: string[] = []
  if (!records) return values
  walkBatches(records, (at, size) => {
    for (const record of readRecords(records.subarray(at, at + size)))
      values.push(`${record.offset}:${record.value?.toString()}`)
  })
  return values
}
