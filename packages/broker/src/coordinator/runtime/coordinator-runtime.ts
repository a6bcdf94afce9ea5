import type { Clock } from '@streambus/base'
import type { ErrorName } from '@streambus/protocol'
import { inTurns } from '../../partition/in-turns.ts'
import type { Partition } from '../../partition/partition.ts'
import { CoordinatorRefused } from './coordinator-refused.ts'
import type { CoordinatorShard, Decision } from './shard.ts'
import { type HostOptions, ShardHost } from './shard-host.ts'

export interface RuntimeOptions<S extends CoordinatorShard<R>, R> extends Omit<HostOptions<S, R>, 'partition'> {
  /** The internal topic, one shard for each partition. */
  readonly topic: string
  /** How many partitions it has; 0 when it does not exist. */
  readonly partitionCount: () => number
  /** The partition, if this broker leads it and its log is open. */
  readonly find: (index: number) => Partition | undefined
}

/**
 * The shards of one coordinator on this broker, a host for each partition of its internal topic that is led here.
 * Keys, such as group ids, belong to the partition that Kafka would choose.
 */
export class CoordinatorRuntime<S extends CoordinatorShard<R>, R> {
  readonly #options: RuntimeOptions<S, R>
  readonly #clock: Clock
  readonly #hosts = new Map<number, ShardHost<S, R>>()
  #isClosed = false

  constructor(options: RuntimeOptions<S, R>) {
    this.#options = options
    this.#clock = options.clock
  }

  /** The partition that a key belongs to; −1 when the internal topic does not exist. */
  partitionOf(key: string): number {
    const count = this.#options.partitionCount()
    return count === 0 ? -1 : (hashCode(key) & 0x7fff_ffff) % count
  }

  /** Loads the shards of all partitions that are led here, and lets go of the others; after every change of them. */
  adopt(): void {
    const count = this.#options.partitionCount()
    for (let index = 0; index < count; index++) this.#hostOf(index)
    for (const index of this.#hosts.keys()) if (index >= count) this.#resign(index)
  }

  /** Rejects with CoordinatorRefused, or with what the decision threw. */
  decide<T>(key: string, run: (shard: S, nowMs: number) => Decision<R, T>): Promise<T> {
    const index = this.partitionOf(key)
    const host = index < 0 ? undefined : this.#hostOf(index)
    if (host === undefined) return Promise.reject(this.#noHost())
    return host.decide(run)
  }

  /** The same for every shard; those that are not active are left out, and `isLoading` says so. */
  async decideAll<T>(run: (shard: S, nowMs: number) => Decision<R, T>): Promise<{ answers: T[]; isLoading: boolean }> {
    const hosts = [...this.#hosts.values()]
    const active = hosts.filter(({ shard }) => shard !== null)
    return {
      answers: await Promise.all(active.map(host => host.decide(run))),
      isLoading: hosts.some(host => host.isLoading)
    }
  }

  /** Every shard on this broker, those that are loading as soon as they are loaded; see ShardHost.tell. */
  tellAll(run: (shard: S, nowMs: number) => Decision<R, void>): void {
    for (const host of this.#hosts.values()) host.tell(run)
  }

  /** The shard that a key belongs to, for what only looks; null while it is not active, or is elsewhere. */
  shardOf(key: string): S | null {
    return this.#hosts.get(this.partitionOf(key))?.shard ?? null
  }

  /** The shards that are active, for what only looks. */
  *shards(): IterableIterator<S> {
    for (const { shard } of this.#hosts.values()) if (shard !== null) yield shard
  }

  /** Shards on this broker, by what keeps some of them from being active. */
  counts(): { readonly shards: number; readonly loading: number; readonly failed: number } {
    let loading = 0
    let failed = 0
    for (const host of this.#hosts.values()) {
      if (host.isLoading) loading++
      if (host.isFailed) failed++
    }
    return { shards: this.#hosts.size, loading, failed }
  }

  /** Whoever waits gets the error, which should make clients try again. */
  close(error: ErrorName): void {
    this.#isClosed = true
    for (const host of this.#hosts.values()) host.close(error)
    this.#hosts.clear()
  }

  /** Loading, in turns with everything else, when it is new. */
  #hostOf(index: number): ShardHost<S, R> | undefined {
    const present = this.#hosts.get(index)
    const partition = this.#isClosed ? undefined : this.#options.find(index)
    if (present !== undefined && present.partition === partition) return present
    if (present !== undefined) this.#resign(index)
    if (partition === undefined) return undefined
    const host = new ShardHost({ ...this.#options, partition })
    this.#hosts.set(index, host)
    inTurns(this.#clock, host.load())?.catch((error: unknown) => this.#options.probe.bug(error))
    return host
  }

  #resign(index: number): void {
    this.#hosts.get(index)?.close('NOT_COORDINATOR')
    this.#hosts.delete(index)
  }

  #noHost(): CoordinatorRefused {
    if (this.#isClosed) return new CoordinatorRefused('COORDINATOR_NOT_AVAILABLE', 'the broker is stopping')
    const { topic, partitionCount } = this.#options
    if (partitionCount() === 0)
      return new CoordinatorRefused('COORDINATOR_NOT_AVAILABLE', `${topic} does not exist yet`)
    return new CoordinatorRefused('NOT_COORDINATOR', 'the coordinator is elsewhere, or its partition is offline')
  }
}

/** Java's String.hashCode: 31-based, over UTF-16 units, as a signed 32-bit integer. */
export function hashCode(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}
