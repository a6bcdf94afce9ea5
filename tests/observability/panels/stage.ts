import fs from 'node:fs'
import path from 'node:path'
import type { SpawnedBroker } from '@streambus/testkit'
import { Kafka, logLevel } from 'kafkajs'
import { startBroker } from '../../durability/broker.ts'
import type { Cleanup } from '../../durability/cleanup.ts'
import { mountTmpfs, obstacle } from '../../durability/mounts.ts'
import { Collector } from './collector.ts'

export const TOKEN = 'a-token-of-the-panels-rig'
const SMALL_DISK_BYTES = 48 << 20
/** More than the background traffic holds, and few enough for a crowd to exceed. */
export const CONNECTIONS_PER_IP_MAX = 60

/** Where the scenes play: a broker that nobody else uses, and what it talks to. */
export interface Stage {
  readonly broker: SpawnedBroker
  readonly kafka: Kafka
  readonly collector: Collector
  /** All that the broker has logged, a JSON object a line. */
  readonly logFile: string
  /** The main log directory. */
  readonly mainDir: string
  /** A log directory on a filesystem of its own, too small for much; null where nobody may mount one. */
  readonly smallDir: string | null
  readonly say: (line: string) => void
}

/** What comes within days otherwise comes within seconds. */
const CONFIG = {
  'node.id': '1',
  'broker.rack': 'rack-1',
  environment: 'test',
  'admin.tokens': TOKEN,
  'auto.create.topics.enable': 'false',
  'log.index.interval.bytes': '256',
  'log.retention.check.interval.ms': '500',
  'log.segment.delete.delay.ms': '500',
  'log.cleaner.backoff.ms': '250',
  'log.flush.offset.checkpoint.interval.ms': '1000',
  'producer.id.expiration.ms': '5000',
  'offsets.topic.num.partitions': '4',
  'offsets.retention.minutes': '1',
  'offsets.retention.check.interval.ms': '1000',
  'group.initial.rebalance.delay.ms': '100',
  'group.min.session.timeout.ms': '500',
  'group.consumer.heartbeat.interval.ms': '500',
  'group.consumer.session.timeout.ms': '5000',
  'slow.request.ms': '5',
  'slo.produce.latency.ms': '20',
  'tracing.sample.ratio': '0.05',
  'max.connections.per.ip': String(CONNECTIONS_PER_IP_MAX),
  'connections.max.idle.ms': '15000',
  'request.stall.ms': '1000',
  'metrics.topics.max': '8',
  'metrics.groups.max': '20'
}

/** Everything that it starts and mounts is undone by `cleanup`. */
export async function setStage(folder: string, cleanup: Cleanup, say: (line: string) => void): Promise<Stage> {
  const collector = await Collector.start()
  cleanup.add('collector', () => collector.stop())
  const mainDir = path.join(folder, 'main')
  const smallDir =
    obstacle(['mount', 'umount'], true) === null ? path.join(mountTmpfs(SMALL_DISK_BYTES, cleanup), 'small') : null
  const logFile = path.join(folder, 'broker.log')
  const [broker] = await startBroker(cleanup, {
    config: {
      ...CONFIG,
      'log.dirs': [mainDir, ...(smallDir === null ? [] : [smallDir])].join(','),
      'tracing.otlp.endpoint': collector.url
    },
    dataDir: mainDir,
    onOutput: text => fs.appendFileSync(logFile, text)
  })
  const kafka = new Kafka({
    brokers: [broker.bootstrap],
    clientId: 'panels',
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 100, maxRetryTime: 1000 }
  })
  return { broker, kafka, collector, logFile, mainDir, smallDir, say }
}

/** An answer of the admin port, read to its end; `token` false: as somebody without one. */
export async function ask(
  { broker }: Stage,
  where: string,
  { method = 'GET', body, token = TOKEN }: { method?: string; body?: string; token?: string } = {}
): Promise<Response> {
  const response = await fetch(`${broker.adminUrl}${where}`, {
    method,
    ...(body === undefined ? {} : { body }),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  })
  await response.arrayBuffer()
  return response
}
