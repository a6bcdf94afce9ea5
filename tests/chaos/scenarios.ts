import { SpawnedBroker } from '@streambus/testkit'
import { ControlClient } from '../fuzz/control.ts'
import { type Address, Crowd, latencies } from './hostile.ts'

export interface Outcome {
  readonly isAlive: boolean
  /** Of the well-behaved clients' requests while the others misbehaved, ascending. */
  readonly latenciesMs: readonly number[]
  readonly residentGrowthBytes: number
  /** Connections of the crowd that the broker kept. */
  readonly keptConnections: number
  /** A client that came afterwards was served. */
  readonly servesNewcomers: boolean
}

const ANNOUNCED_BYTES = 90_000_000

export interface AnnounceOptions {
  readonly connections: number
  readonly sentBytes: number
  readonly watchMs: number
}

/**
 * Connections that announce 90 MB each and send a little of it, beside a client that goes on. Kafka's heap goes here.
 */
export async function bigAnnouncements(options: AnnounceOptions): Promise<Outcome> {
  return withBroker({}, async (broker, control, crowd) => {
    const residentBytes = broker.residentBytes
    const kept = await crowd.arrive(addressOf(broker), options.connections)
    crowd.announce(ANNOUNCED_BYTES, options.sentBytes)
    const latenciesMs = await latencies(() => produceAndRead(control), pause(options.watchMs))
    return { kept, latenciesMs, residentGrowthBytes: broker.residentBytes - residentBytes }
  })
}

export interface DescriptorOptions {
  readonly descriptors: number
  readonly connections: number
  readonly watchMs: number
}

/** More connections than descriptors, beside a client that was there before. Kafka ends itself here. */
export async function scarceDescriptors(options: DescriptorOptions): Promise<Outcome> {
  return withBroker({ descriptorsMax: options.descriptors }, async (broker, control, crowd) => {
    const residentBytes = broker.residentBytes
    let kept = 0
    const arriving = async (): Promise<void> => {
      kept = await crowd.arrive(addressOf(broker), options.connections, options.watchMs)
    }
    const latenciesMs = await latencies(() => produceAndRead(control), arriving())
    return { kept, latenciesMs, residentGrowthBytes: broker.residentBytes - residentBytes }
  })
}

interface Watched {
  readonly kept: number
  readonly latenciesMs: readonly number[]
  readonly residentGrowthBytes: number
}

async function withBroker(
  options: { readonly descriptorsMax?: number },
  watch: (broker: SpawnedBroker, control: ControlClient, crowd: Crowd) => Promise<Watched>
): Promise<Outcome> {
  const broker = await SpawnedBroker.start(options)
  const control = new ControlClient(addressOf(broker))
  const crowd = new Crowd()
  try {
    await control.prepare()
    const { kept, latenciesMs, residentGrowthBytes } = await watch(broker, control, crowd)
    crowd.leave()
    return {
      isAlive: broker.isRunning,
      latenciesMs,
      residentGrowthBytes,
      keptConnections: kept,
      servesNewcomers: await servesNewcomer(addressOf(broker))
    }
  } finally {
    crowd.leave()
    control.close()
    await broker.stop()
  }
}

async function produceAndRead(control: ControlClient): Promise<void> {
  await control.produce(0)
  await control.ping()
}

/** Places are free again as soon as the broker has noticed who left. */
async function servesNewcomer(address: Address): Promise<boolean> {
  const deadlineMs = performance.now() + 5000
  while (performance.now() < deadlineMs) {
    const newcomer = new ControlClient(address)
    try {
      await newcomer.ping()
      return true
    } catch {
      await pause(50)
    } finally {
      newcomer.close()
    }
  }
  return false
}

function addressOf(broker: SpawnedBroker): Address {
  const [host = '', port = ''] = broker.bootstrap.split(':')
  return { host, port: Number(port) }
}

async function pause(forMs: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, forMs))
}

export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN
}
