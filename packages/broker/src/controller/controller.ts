import type { Clock, Prng } from '@streambus/base'
import { Errors } from '@streambus/protocol'
import { AppendRefused } from '@streambus/storage-log'
import { AutoCreation } from './auto-creation.ts'
import { type ControllerEvent, type ControllerProbe, SILENT_CONTROLLER_PROBE } from './controller-probe.ts'
import { type BrokerInfo, type MetadataImage, MetadataState, type TopicImage } from './image.ts'
import type { MetadataLog } from './metadata-log.ts'
import { placeReplicas } from './placement.ts'
import type { ConfigResource, MetadataRecord } from './records.ts'
import { collisionKey, nameProblem } from './topic-names.ts'
import { randomUuid } from './uuid.ts'

const PRODUCER_ID_BLOCK = 1_000
/** Of directory assignments: keeps a batch of metadata small. */
const ASSIGNMENTS_PER_BATCH = 1_000
/** Kafka stops at about this many, too: each partition costs files and memory on its replicas. */
export const PARTITIONS_PER_REQUEST_MAX = 10_000
export const PARTITIONS_MAX = 100_000

/** A refused command: the protocol's error code and a sentence for a person. */
export interface Refusal {
  readonly errorCode: number
  readonly errorMessage: string
}

export interface NewTopic {
  readonly name: string
  /** −1: the broker's default. Ignored when `assignments` is given. */
  readonly partitionCount: number
  readonly replicationFactor: number
  /** Replicas by partition index, or null to let the controller choose. */
  readonly assignments: readonly (readonly number[])[] | null
  readonly configs: ReadonlyMap<string, string>
}

/** What the topics planned before in the same command use up. */
interface Taken {
  /** Collision keys of their names. */
  readonly keys: Set<string>
  partitions: number
  readonly place: Placement
}

/** The log directory's id for the next new partition of a broker; '' leaves the choice to that broker. */
export type Placement = (nodeId: number) => string

/** Where one replica of a broker turned out to be. */
export interface DirectoryAssignment {
  readonly topicId: string
  readonly index: number
  readonly directoryId: string
}

export type CreatedTopic = Refusal | { readonly errorCode: 0; readonly topic: TopicImage }

/** `compute` sees the committed settings and returns what to set (a string) or take back (null). */
export type ConfigChange = (current: ReadonlyMap<string, string>) => ReadonlyMap<string, string | null> | Refusal

type Decide<T> = () => { readonly records: readonly MetadataRecord[]; readonly answer: () => T }

export interface ControllerOptions {
  readonly log: MetadataLog
  readonly prng: Prng
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly probe?: ControllerProbe
  readonly defaults: () => { readonly partitionCount: number; readonly replicationFactor: number }
  /** Chooses log directories for the partitions that one command creates. */
  readonly placement: () => Placement
  /** Why no more partitions fit on the disk now; null when they do. */
  readonly roomProblem: () => string | null
  /** Why these topic settings cannot be; null when they can. */
  readonly configProblem: (configs: ReadonlyMap<string, string>) => string | null
}

/**
 * Called after every committed command with the names of the topics it changed. The command is answered, and the next
 * one begins, when what the listener returned has resolved.
 */
export type ImageListener = (changedTopics: ReadonlySet<string>, image: MetadataImage) => Promise<void> | null

/**
 * Turns commands into metadata records, one command at a time: decide on the committed image, append as one batch,
 * apply after the commit, tell the listeners, answer. Nothing is visible before it is durable.
 */
export class Controller {
  readonly #options: ControllerOptions
  readonly #state = new MetadataState()
  readonly #listeners: ImageListener[] = []
  readonly #autoCreation: AutoCreation
  readonly #probe: ControllerProbe
  #appliedIndex: number
  #unappliedSinceMs: number | null = null
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ControllerOptions) {
    this.#options = options
    this.#probe = options.probe ?? SILENT_CONTROLLER_PROBE
    options.log.replay(record => this.#state.apply(record))
    this.#state.publish()
    this.#appliedIndex = options.log.commitIndex
    this.#autoCreation = new AutoCreation({
      exists: name => this.#state.topicByName(name) !== undefined,
      create: topics => this.createTopics(topics, { validateOnly: false }),
      monotonicMs: () => options.clock.monotonicMs()
    })
  }

  get image(): MetadataImage {
    return this.#state
  }

  /** Monotonic time since which records have been committed that listeners do not all know; null: there are none. */
  get unappliedSinceMs(): number | null {
    return this.#unappliedSinceMs
  }

  /** Of the last metadata record that the image has. */
  get appliedIndex(): number {
    return this.#appliedIndex
  }

  onImage(listener: ImageListener): void {
    this.#listeners.push(listener)
  }

  /** Makes the cluster known to itself and this broker known to the cluster. Once, at start, before clients come. */
  register(broker: BrokerInfo & { readonly isClean: boolean; readonly clusterId: string }): Promise<void> {
    const { clusterId, ...registration } = broker
    return this.#run('register', () => {
      const records: MetadataRecord[] = [{ type: 'broker', ...registration }]
      if (this.#state.clusterId === '') records.unshift({ type: 'cluster', clusterId })
      return { records, answer: () => undefined }
    })
  }

  /**
   * Writes down where replicas of this broker are. What the metadata log has no room for is found again at the next
   * start.
   */
  async assignDirectories(nodeId: number, assignments: readonly DirectoryAssignment[]): Promise<void> {
    for (let at = 0; at < assignments.length; at += ASSIGNMENTS_PER_BATCH) {
      const batch = assignments.slice(at, at + ASSIGNMENTS_PER_BATCH)
      await this.#run(
        'assign_directories',
        () => ({ records: batch.flatMap(each => this.#assigned(nodeId, each)), answer: () => undefined }),
        () => undefined
      )
    }
  }

  /** One answer per topic, in order. With `validateOnly` nothing is created; the topic described is what would be. */
  createTopics(topics: readonly NewTopic[], options: { readonly validateOnly: boolean }): Promise<CreatedTopic[]> {
    return this.#run(
      'create_topics',
      () => {
        const taken: Taken = { keys: new Set(), partitions: 0, place: this.#options.placement() }
        const plans = topics.map(topic => this.#planTopic(topic, taken))
        const records = options.validateOnly ? [] : plans.flatMap(plan => ('records' in plan ? plan.records : []))
        return { records, answer: () => plans.map(plan => ('records' in plan ? created(plan.records) : plan)) }
      },
      refusal => topics.map(() => refusal)
    )
  }

  /** Topics that clients asked for and that do not exist, with all defaults. Errors by name; see AutoCreation. */
  ensureTopics(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#autoCreation.ensure(names)
  }

  /** By id. The id is never used again. */
  deleteTopic(topicId: string): Promise<{ readonly errorCode: number }> {
    return this.#run(
      'delete_topic',
      () => {
        const isKnown = this.#state.topicById(topicId) !== undefined
        const errorCode = isKnown ? Errors.NONE.code : Errors.UNKNOWN_TOPIC_ID.code
        return { records: isKnown ? [{ type: 'topic-removed', topicId }] : [], answer: () => ({ errorCode }) }
      },
      refusal => refusal
    )
  }

  /** Raises the number of partitions to `partitionCount`. */
  createPartitions(request: {
    readonly name: string
    readonly partitionCount: number
    readonly assignments: readonly (readonly number[])[] | null
    readonly validateOnly: boolean
  }): Promise<Refusal> {
    return this.#run(
      'create_partitions',
      () => {
        const plan = this.#planPartitions(request)
        const isRefused = 'errorCode' in plan
        const answer = isRefused ? plan : { errorCode: Errors.NONE.code, errorMessage: '' }
        return { records: isRefused || request.validateOnly ? [] : plan.records, answer: () => answer }
      },
      refusal => refusal
    )
  }

  /** `name` is a topic, a broker's id, or '' for all brokers. The caller's `compute` has the last word on values. */
  alterConfigs(target: {
    readonly resource: ConfigResource
    readonly name: string
    readonly validateOnly: boolean
    readonly compute: ConfigChange
  }): Promise<Refusal> {
    const { resource, name, validateOnly, compute } = target
    return this.#run<Refusal>(
      'alter_configs',
      () => {
        if (resource === 'topic' && this.#state.topicByName(name) === undefined) {
          const refusal = refuse('UNKNOWN_TOPIC_OR_PARTITION', `topic ${name} does not exist`)
          return { records: [], answer: () => refusal }
        }
        const current = this.#state.configsOf(resource, name)
        const changes = compute(current)
        if ('errorCode' in changes) return { records: [], answer: () => changes }
        const records = [...changes]
          .filter(([key, value]) => (value === null ? current.has(key) : current.get(key) !== value))
          .map(([key, value]): MetadataRecord => ({ type: 'config', resource, name, key, value }))
        const answer = { errorCode: Errors.NONE.code, errorMessage: '' }
        return { records: validateOnly ? [] : records, answer: () => answer }
      },
      refusal => refusal
    )
  }

  /** A block of producer ids that was never handed out and never will be again. */
  allocateProducerIds(): Promise<{ readonly first: number; readonly count: number }> {
    return this.#run('allocate_producer_ids', () => {
      const first = this.#state.nextProducerId
      const next = first + PRODUCER_ID_BLOCK
      return { records: [{ type: 'producer-ids', next }], answer: () => ({ first, count: PRODUCER_ID_BLOCK }) }
    })
  }

  /** Resolves when every command under way has been answered. */
  async settled(): Promise<void> {
    await this.#last.catch(() => {})
  }

  /**
   * `onRefused`: the answer when the metadata log has no room; without it the command rejects. Nothing has changed
   * then.
   */
  #run<T>(event: ControllerEvent, decide: Decide<T>, onRefused?: (refusal: Refusal) => T): Promise<T> {
    const { clock } = this.#options
    const queuedMs = clock.monotonicMs()
    this.#probe.queued()
    const run = this.#last.then(async () => {
      const beganMs = clock.monotonicMs()
      this.#probe.began(event, beganMs - queuedMs)
      try {
        return await this.#carryOut(decide, onRefused)
      } finally {
        this.#probe.ended(event, clock.monotonicMs() - beganMs)
      }
    })
    this.#last = run.catch(() => {})
    return run
  }

  async #carryOut<T>(decide: Decide<T>, onRefused?: (refusal: Refusal) => T): Promise<T> {
    const { records, answer } = decide()
    if (records.length === 0) return answer()
    const { log, clock } = this.#options
    const decidedMs = clock.monotonicMs()
    try {
      await log.append(records)
    } catch (error) {
      this.#probe.failed()
      if (!(error instanceof AppendRefused) || onRefused === undefined) throw error
      return onRefused(refuse(error.errorName, error.message))
    }
    const committedMs = clock.monotonicMs()
    this.#probe.committed(committedMs - decidedMs)
    this.#unappliedSinceMs = committedMs
    await this.#adopt(records)
    this.#unappliedSinceMs = null
    this.#appliedIndex = log.commitIndex
    this.#probe.applied(clock.monotonicMs() - committedMs)
    return answer()
  }

  async #adopt(records: readonly MetadataRecord[]): Promise<void> {
    const changed = this.#state.applyAll(records)
    for (const listener of this.#listeners) await listener(changed, this.#state)
  }

  #planTopic(topic: NewTopic, taken: Taken): Refusal | { readonly records: MetadataRecord[] } {
    const invalid = this.#nameRefusal(topic.name)
    if (invalid !== null) return invalid
    const full = this.#options.roomProblem()
    if (full !== null) return refuse('KAFKA_STORAGE_ERROR', full)
    const key = collisionKey(topic.name)
    if (taken.keys.has(key))
      return refuse('INVALID_TOPIC_EXCEPTION', `${topic.name} collides with another topic of this request`)
    const problem = this.#options.configProblem(topic.configs)
    if (problem !== null) return refuse('INVALID_CONFIG', problem)
    const replicas = this.#replicasOf(topic, taken.partitions)
    if ('errorCode' in replicas) return replicas
    const id = randomUuid(this.#options.prng)
    taken.keys.add(key)
    taken.partitions += replicas.length
    return {
      records: [
        { type: 'topic', name: topic.name, id },
        ...replicas.map((nodes, index) => newPartition(id, { index, nodes, place: taken.place })),
        ...[...topic.configs].map(
          ([name, value]): MetadataRecord => ({ type: 'config', resource: 'topic', name: topic.name, key: name, value })
        )
      ]
    }
  }

  #nameRefusal(name: string): Refusal | null {
    const problem = nameProblem(name)
    if (problem !== null) return refuse('INVALID_TOPIC_EXCEPTION', problem)
    if (this.#state.topicByName(name) !== undefined) return refuse('TOPIC_ALREADY_EXISTS', `topic ${name} exists`)
    const collision = this.#state.collidingTopic(collisionKey(name))
    if (collision === undefined) return null
    return refuse(
      'INVALID_TOPIC_EXCEPTION',
      `${name} collides with ${collision}: "." and "_" are the same in metric names`
    )
  }

  #replicasOf(topic: NewTopic, planned: number): readonly (readonly number[])[] | Refusal {
    const { assignments } = topic
    if (assignments !== null) {
      return (
        this.#countRefusal(assignments.length, planned) ?? this.#checkedAssignments(assignments, assignments.length)
      )
    }
    const defaults = this.#options.defaults()
    const count = topic.partitionCount === -1 ? defaults.partitionCount : topic.partitionCount
    const replicationFactor = topic.replicationFactor === -1 ? defaults.replicationFactor : topic.replicationFactor
    const tooMany = this.#countRefusal(count, planned)
    if (tooMany !== null) return tooMany
    const brokerIds = [...this.#state.brokers.keys()]
    if (replicationFactor < 1 || replicationFactor > brokerIds.length) {
      const range = `replication factor ${replicationFactor} is outside 1…${brokerIds.length}, the number of brokers`
      return refuse('INVALID_REPLICATION_FACTOR', range)
    }
    return placeReplicas({ brokerIds, firstIndex: 0, count, replicationFactor })
  }

  #planPartitions(request: {
    readonly name: string
    readonly partitionCount: number
    readonly assignments: readonly (readonly number[])[] | null
  }): Refusal | { readonly records: MetadataRecord[] } {
    const { name, partitionCount, assignments } = request
    const topic = this.#state.topicByName(name)
    if (topic === undefined) return refuse('UNKNOWN_TOPIC_OR_PARTITION', `topic ${name} does not exist`)
    const firstIndex = topic.partitions.length
    const count = partitionCount - firstIndex
    if (count <= 0) {
      return refuse('INVALID_PARTITIONS', `topic ${name} has ${firstIndex} partitions; ${partitionCount} is not more`)
    }
    const tooMany = this.#countRefusal(count)
    if (tooMany !== null) return tooMany
    const full = this.#options.roomProblem()
    if (full !== null) return refuse('KAFKA_STORAGE_ERROR', full)
    const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
    const brokerIds = [...this.#state.brokers.keys()]
    const replicas =
      assignments === null
        ? placeReplicas({ brokerIds, firstIndex, count, replicationFactor })
        : this.#checkedAssignments(assignments, count)
    if ('errorCode' in replicas) return replicas
    const place = this.#options.placement()
    return { records: replicas.map((nodes, i) => newPartition(topic.id, { index: firstIndex + i, nodes, place })) }
  }

  #assigned(nodeId: number, { topicId, index, directoryId }: DirectoryAssignment): readonly MetadataRecord[] {
    const partition = this.#state.topicById(topicId)?.partitions[index]
    if (partition === undefined) return []
    const { replicas, directories } = partition
    const changed = replicas.map((replica, at) => (replica === nodeId ? directoryId : (directories?.[at] ?? '')))
    return [{ type: 'partition', topicId, ...partition, directories: changed }]
  }

  /** `planned`: partitions that the same command creates besides. */
  #countRefusal(count: number, planned = 0): Refusal | null {
    const most = PARTITIONS_PER_REQUEST_MAX - planned
    if (count < 1 || count > most) return refuse('INVALID_PARTITIONS', `${count} partitions are outside 1…${most}`)
    const present = this.#state.partitionCount + planned
    if (present + count <= PARTITIONS_MAX) return null
    return refuse('INVALID_PARTITIONS', `${present} + ${count} partitions are more than ${PARTITIONS_MAX}`)
  }

  #checkedAssignments(
    assignments: readonly (readonly number[])[],
    count: number
  ): readonly (readonly number[])[] | Refusal {
    if (assignments.length !== count) {
      return refuse('INVALID_REPLICA_ASSIGNMENT', `${assignments.length} assignments for ${count} new partitions`)
    }
    for (const nodes of assignments) {
      const isGood =
        nodes.length > 0 && new Set(nodes).size === nodes.length && nodes.every(id => this.#state.brokers.has(id))
      if (!isGood) return refuse('INVALID_REPLICA_ASSIGNMENT', `[${nodes.join(', ')}] are not different live brokers`)
    }
    return assignments
  }
}

function refuse(error: keyof typeof Errors, errorMessage: string): Refusal {
  return { errorCode: Errors[error].code, errorMessage }
}

function newPartition(
  topicId: string,
  plan: { readonly index: number; readonly nodes: readonly number[]; readonly place: Placement }
): MetadataRecord {
  const { index, nodes, place } = plan
  const epochs = { leader: nodes[0] as number, leaderEpoch: 0, partitionEpoch: 0 }
  return { type: 'partition', topicId, index, ...epochs, replicas: nodes, isr: nodes, directories: nodes.map(place) }
}

/** The topic that the records of one plan make. */
function created(records: readonly MetadataRecord[]): CreatedTopic {
  const state = new MetadataState()
  state.applyAll(records)
  const [topic] = [...state.topics()] as [TopicImage]
  return { errorCode: 0, topic }
}
