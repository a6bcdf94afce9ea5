import { DiskError } from '@streambus/base'
import { decodeResponse } from '@streambus/protocol'
import { MemoryDisk } from '@streambus/testkit'
import { type ConfigValues, type Exchange, type GroupShard, OFFSETS_TOPIC } from './broker-parts.ts'
import { type Composition, completed, compose, letRun } from './compose.ts'
import type { Arrival, Check } from './facts.ts'
import { PASSING_TOPIC } from './passing-topic.ts'
import type { Random } from './random.ts'
import { BrokerClock, type Timeline } from './timeline.ts'
import { Topics } from './topics.ts'
import type { Trace } from './trace.ts'
import { Violation } from './violation.ts'

/** The topic that all members want. */
export const TOPIC = 't'
/** The one that only some want who speak the consumer protocol. */
export const OTHER_TOPIC = 'u'

/** How a broker ends: orderly; without its memory; without what the disk had not taken for good. */
export type End = 'stop' | 'kill' | 'power-cut'

export interface SimBrokerOptions {
  readonly timeline: Timeline
  readonly random: Random
  readonly trace: Trace
  readonly check: Check
  /** What must not be was seen, perhaps within a promise: to be thrown after this event. */
  readonly onViolation: (error: unknown) => void
  readonly settings: Partial<ConfigValues>
  /** The topics of the first start, by name: how many partitions they have. */
  readonly partitionCounts: Readonly<Record<string, number>>
  /** How long the next sync takes. */
  readonly syncMs: () => number
  /** How slow the next start is. */
  readonly slowness: () => BrokerClock['slow']
}

interface Life {
  readonly boot: number
  readonly clock: BrokerClock
  /** Partitions whose shards are active. */
  readonly loaded: Set<number>
  readonly shards: Map<number, GroupShard>
  readonly partitionOf: Map<string, number>
  readonly unanswered: Map<Arrival, () => void>
  composition: Composition | null
}

/** One broker with many lives on one disk. */
export class SimBroker {
  readonly disk = new MemoryDisk({ syncs: 'manual' })
  readonly topics = new Topics()
  readonly #options: SimBrokerOptions
  #life: Life | null = null
  #boots = 0
  #arrivals = 0
  #syncsExpected = 0
  #topicsVersion = -1
  /** Why the process must end: a disk that failed. */
  #fatal: string | null = null

  constructor(options: SimBrokerOptions) {
    this.#options = options
  }

  get isUp(): boolean {
    return this.#life?.composition != null
  }

  get boot(): number {
    return this.#boots
  }

  /** Whether the broker has to be taken down, and why. */
  get fatal(): string | null {
    return this.#fatal
  }

  /** Requests that this life of the broker has not answered. */
  get unanswered(): readonly Arrival[] {
    return [...(this.#life?.unanswered.keys() ?? [])]
  }

  /** The shard that a group belongs to; null while it is not active. */
  shardOf(groupId: string): GroupShard | null {
    const life = this.#life
    if (life?.composition == null) return null
    if (life.shards.size < life.loaded.size) {
      // The runtime lists them in the order of their partitions, those that are not active left out.
      const active = [...life.loaded].sort((a, b) => a - b).values()
      for (const shard of life.composition.groups.runtime.shards()) life.shards.set(active.next().value ?? -1, shard)
    }
    return life.shards.get(this.#partitionOf(life, groupId)) ?? null
  }

  /** The group's part of the log was read in this life. */
  isLoaded(groupId: string): boolean {
    const life = this.#life
    return life !== null && life.loaded.has(this.#partitionOf(life, groupId))
  }

  async start(): Promise<void> {
    const { timeline, trace, random, settings } = this.#options
    const boot = ++this.#boots
    const clock = new BrokerClock(timeline)
    const life: Life = {
      boot,
      clock,
      loaded: new Set(),
      shards: new Map(),
      partitionOf: new Map(),
      unanswered: new Map(),
      composition: null
    }
    this.#life = life
    this.#fatal = null
    this.#syncsExpected = 0
    const composition = await compose({
      disk: this.disk,
      clock,
      random: random.fork(`boot ${boot}`),
      settings,
      onFatal: error => {
        if (this.#life === life) this.#fatal = error.message
      },
      onBug: (what, error) => {
        if (this.#life === life) this.#report('bug', `${what}: ${String((error as Error | null)?.stack ?? error)}`)
      },
      onLoaded: partition => {
        life.loaded.add(partition)
        life.shards.clear()
        trace.add(`broker ${boot} has read ${OFFSETS_TOPIC}-${partition}`)
      }
    })
    if (composition.groups.topic.partitionCount === 0) await this.#createTopics(composition)
    clock.slow = this.#options.slowness()
    composition.adopt()
    clock.slow = clock.slow === null ? null : { lookMs: 0, turnMs: clock.slow.turnMs }
    life.composition = composition
    this.#topicsVersion = -1
    trace.add(`broker ${boot} is up`)
  }

  async end(how: End): Promise<void> {
    const life = this.#life
    if (life === null) return
    const { trace, random, check } = this.#options
    trace.add(`broker ${life.boot} ends: ${how}`)
    if (how === 'stop' && life.composition !== null) await this.#stop(life.composition)
    this.#life = null
    life.clock.die()
    if (how === 'power-cut') {
      this.disk.crash({ choice: { kind: 'random', index: random.fork(`cut ${life.boot}`).u32() } })
    } else this.disk.kill()
    this.#syncsExpected = 0
    for (const [arrival, disconnect] of life.unanswered) {
      check.lost?.(arrival)
      disconnect()
    }
    await letRun()
  }

  /** `done` gets the answer, or null when there will be none. */
  execute(frame: Buffer, request: Omit<Arrival, 'number' | 'boot'>, done: (answer: unknown) => void): void {
    const life = this.#life
    const { trace, check } = this.#options
    if (life?.composition == null) {
      trace.add(`${request.from} finds no broker`)
      return done(null)
    }
    const arrival: Arrival = { ...request, number: ++this.#arrivals, boot: life.boot }
    trace.add(`${arrival.from} → #${arrival.number} ${arrival.api.name} v${arrival.version} ${brief(arrival.body)}`)
    check.arrived(arrival)
    life.unanswered.set(arrival, () => done(null))
    const answered = (answer: unknown): void => {
      if (this.#life !== life || !life.unanswered.delete(arrival)) return
      trace.add(`#${arrival.number} → ${arrival.from} ${arrival.api.name} ${brief(answer)}`)
      try {
        check.answered(arrival, answer)
        done(answer)
      } catch (error) {
        this.#options.onViolation(error)
      }
    }
    const closed = (detail: string): void =>
      this.#report('bug', `${arrival.api.name} v${arrival.version} was answered by closing the connection: ${detail}`)
    const advertised = { host: 'broker', port: 9092 }
    const peer = { connectionId: 1, host: '10.0.0.9', port: 50_000, software: null, advertised }
    life.composition.pipeline.execute(Buffer.from(frame), peer, exchangeOf(arrival, answered, closed))
  }

  /** Somebody makes a topic, or gives it more partitions; a broker that ends meanwhile has done so or not. */
  grow(name: string, partitionCount: number): void {
    const composition = this.#life?.composition
    if (composition == null) return
    this.#options.trace.add(`${name} shall have ${partitionCount} partitions`)
    const { controller } = composition
    const isKnown = controller.image.topicByName(name) !== undefined
    const wish = { name, partitionCount, assignments: null }
    if (isKnown) void controller.createPartitions({ ...wish, validateOnly: false })
    else {
      const topic = { ...wish, replicationFactor: 1, configs: new Map<string, string>() }
      void controller.createTopics([topic], { validateOnly: false })
    }
  }

  /** Somebody deletes a topic; a broker that ends meanwhile has done so or not. */
  drop(name: string): void {
    const controller = this.#life?.composition?.controller
    const id = controller?.image.topicByName(name)?.id
    if (controller === undefined || id === undefined) return
    this.#options.trace.add(`${name} shall be deleted`)
    void controller.deleteTopic(id)
  }

  hasTopic(name: string): boolean {
    return this.#life?.composition?.controller.image.topicByName(name) !== undefined
  }

  /** After each event: what topics there are now, for members. */
  lookAtTopics(): void {
    const image = this.#life?.composition?.controller.image
    if (image === undefined || image.topicsVersion === this.#topicsVersion) return
    this.#topicsVersion = image.topicsVersion
    for (const { name, id, partitions } of image.topics()) {
      if (name !== OFFSETS_TOPIC && name !== PASSING_TOPIC)
        this.topics.add({ name, id, partitionCount: partitions.length })
    }
  }

  /** After each event: syncs that have begun take their time. */
  watchSyncs(): void {
    const { timeline, syncMs } = this.#options
    const { boot } = this.disk
    while (this.#syncsExpected < this.disk.pendingSyncs) {
      this.#syncsExpected++
      timeline.after(syncMs(), () => {
        if (boot !== this.disk.boot) return
        this.#syncsExpected--
        this.disk.completeSyncs(1)
      })
    }
  }

  #partitionOf(life: Life, groupId: string): number {
    let partition = life.partitionOf.get(groupId)
    if (partition === undefined) {
      partition = life.composition?.groups.runtime.partitionOf(groupId) ?? -1
      if (partition >= 0) life.partitionOf.set(groupId, partition)
    }
    return partition
  }

  /** A disk that fails meanwhile makes it the end of a process like any other. */
  async #stop({ groups, stop }: Composition): Promise<void> {
    groups.close('COORDINATOR_NOT_AVAILABLE')
    await letRun()
    try {
      this.disk.completeSyncs()
      stop()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#options.trace.add(`the stop was cut short: ${error.message}`)
    }
  }

  #report(invariant: string, message: string): void {
    this.#options.onViolation(new Violation(invariant, message))
  }

  async #createTopics({ controller, groups }: Composition): Promise<void> {
    const topic = { replicationFactor: 1, assignments: null, configs: new Map<string, string>() }
    const wishes = Object.entries(this.#options.partitionCounts).map(([name, partitionCount]) => {
      return { ...topic, name, partitionCount }
    })
    await completed(
      this.disk,
      Promise.all([controller.createTopics(wishes, { validateOnly: false }), groups.topic.ensure()])
    )
    this.lookAtTopics()
  }
}

function exchangeOf(
  { api, version }: Arrival,
  answered: (answer: unknown) => void,
  closed: (detail: string) => void
): Exchange {
  const exchange: Exchange = {
    holdsBack: false,
    arrivedMs: 0,
    afterWrite: null,
    onSent: null,
    respond(chunks) {
      const bytes = Buffer.from(Buffer.concat(chunks).subarray(4))
      answered(decodeResponse(api, version, bytes).body)
      exchange.afterWrite?.()
    },
    close: (_reason, detail) => closed(detail)
  }
  return exchange
}

/** For people: bytes as hexadecimal, nothing that is empty. */
export function brief(value: unknown): string {
  return JSON.stringify(value, (key, each: unknown) => {
    if (each !== null && typeof each === 'object' && (each as { type?: unknown }).type === 'Buffer') {
      return Buffer.from((each as { data: number[] }).data).toString('hex')
    }
    if (typeof each === 'bigint') return Number(each)
    // In heartbeats an empty list says that nothing is owned, none that it is as before.
    if (key === 'topicPartitions') return each ?? undefined
    return each === '' || each === null || (Array.isArray(each) && each.length === 0) ? undefined : each
  })
}
