import { type Clock, DiskError } from '@streambus/base'
import {
  Log,
  LogCorrupt,
  type LogDirectory,
  type LogProbe,
  type OpenFiles,
  type ReadBufferPool
} from '@streambus/storage-log'
import type { TopicSettings } from '../config/topic.ts'
import type { DirectoryAssignment, Placement } from '../controller/controller.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../controller/image.ts'
import type { DirectoryState } from './directory-state.ts'
import { Partition } from './partition.ts'
import { readTopicId, setAside, writeTopicId } from './partition-files.ts'
import { PartitionHomes, type PartitionHomesOptions, PartitionMissing } from './partition-home.ts'
import type { PartitionProbe, TopicProbe } from './partition-probe.ts'

export interface PartitionSetOptions extends PartitionHomesOptions {
  readonly clock: Clock
  readonly nodeId: number
  /** What the disk watch says of a directory; always the same object. */
  readonly stateOf: (directory: LogDirectory) => DirectoryState
  /** For reads; a fetch gives its buffer back when the socket has taken it. */
  readonly buffers: ReadBufferPool
  /** The segment files of all partitions. */
  readonly openFiles: OpenFiles
  readonly probe: PartitionProbe
  readonly logProbe: LogProbe
  /** Effective settings of a topic: its own over the broker's. */
  readonly settingsOf: (topic: TopicImage) => TopicSettings
  /** The disk lied or died: the process must end without another acknowledgement. */
  readonly onFatal: (error: DiskError) => void
  /** 0 … 1, drawn per log: spreads rolls by time. */
  readonly jitterShare: () => number
  readonly onOffline: (topic: string, partition: number, error: Error) => void
}

interface TopicEntry {
  readonly id: string
  readonly name: string
  readonly probe: TopicProbe
  /** By partition index; null: its log is corrupt or missing, so it is offline. */
  readonly partitions: (Partition | null)[]
}

/** The partitions of this broker, kept equal to the metadata image. */
export class PartitionSet {
  readonly #options: PartitionSetOptions
  readonly #byName = new Map<string, TopicEntry>()
  readonly #byId = new Map<string, TopicEntry>()
  /** Topics with partitions that could not be opened for want of room, by id. */
  readonly #waiting = new Map<string, TopicImage>()
  readonly #in: ReadonlyMap<LogDirectory, Set<Partition>>
  readonly #homes: PartitionHomes
  #assignments: DirectoryAssignment[] = []
  readonly #pendingDeletion = { topics: 0, replicas: 0 }
  #isClosed = false

  constructor(options: PartitionSetOptions) {
    this.#options = options
    this.#homes = new PartitionHomes(options)
    this.#in = new Map(options.directories.map(directory => [directory, new Set()]))
  }

  find(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.partitions[index] ?? undefined
  }

  findById(topicId: string, index: number): Partition | undefined {
    return this.#byId.get(topicId)?.partitions[index] ?? undefined
  }

  hasTopicId(topicId: string): boolean {
    return this.#byId.has(topicId)
  }

  /** The partition exists and its log cannot be used. */
  isOffline(topic: string, index: number): boolean {
    return this.#byName.get(topic)?.partitions[index] === null
  }

  isOfflineById(topicId: string, index: number): boolean {
    return this.#byId.get(topicId)?.partitions[index] === null
  }

  *all(): IterableIterator<Partition> {
    for (const { partitions } of this.#byName.values()) {
      for (const partition of partitions) if (partition !== null) yield partition
    }
  }

  /** Partitions that exist and whose log cannot be used. */
  *offline(): IterableIterator<{ topic: string; index: number }> {
    for (const { name, partitions } of this.#byName.values()) {
      for (const [index, partition] of partitions.entries()) if (partition === null) yield { topic: name, index }
    }
  }

  in(directory: LogDirectory): Iterable<Partition> {
    return this.#in.get(directory) ?? []
  }

  /** Of deleted topics, what has files here still. */
  get pendingDeletion(): { readonly topics: number; readonly replicas: number } {
    return this.#pendingDeletion
  }

  /** How long the longest sync under way in `directory` has taken; 0 when none is. */
  syncRunningMs(directory: LogDirectory, nowMs: number): number {
    let longestMs = 0
    for (const { log } of this.in(directory)) longestMs = Math.max(longestMs, log.syncRunningMs(nowMs))
    return longestMs
  }

  /** Opens, retires and reconfigures what `topics` names so that it equals `image`. */
  apply(image: MetadataImage, topics: Iterable<string>): void {
    const steps = this.applySteps(image, topics)
    while (steps.next().done !== true);
  }

  /**
   * The same, a partition per step, for whoever has other things to do in between. The next call must wait for the end
   * of this one; `close` ends it. Partitions that are not open yet are unknown to `find`.
   */
  *applySteps(image: MetadataImage, topics: Iterable<string>): Generator<void, void> {
    for (const name of topics) {
      const wanted = image.topicByName(name)
      const present = this.#byName.get(name)
      if (present !== undefined && present.id !== wanted?.id) yield* this.#retire(present)
      if (wanted !== undefined) yield* this.#update(wanted)
    }
  }

  /** Where partitions were found or begun otherwise than the metadata says, since the last call. */
  takeAssignments(): readonly DirectoryAssignment[] {
    const taken = this.#assignments
    this.#assignments = []
    return taken
  }

  /** For new partitions: the directory with the fewest, among those that take writes. */
  placement(): Placement {
    const { directories, idOf, nodeId, stateOf } = this.#options
    const counts = new Map(directories.map(directory => [directory, this.#in.get(directory)?.size ?? 0]))
    return node => {
      if (node !== nodeId) return ''
      const open = directories.filter(directory => stateOf(directory).refusal === null)
      const candidates = open.length > 0 ? open : directories
      const count = (directory: LogDirectory): number => counts.get(directory) ?? 0
      const chosen = candidates.reduce((least, next) => (count(next) < count(least) ? next : least))
      counts.set(chosen, count(chosen) + 1)
      return idOf(chosen)
    }
  }

  /** Tries partitions again that could not be opened for want of room; those whose log is damaged stay offline. */
  retryOffline(): void {
    const waiting = new Map(this.#waiting)
    this.#waiting.clear()
    for (const [id, topic] of waiting) {
      const entry = this.#byId.get(id)
      if (entry === undefined) continue
      const settings = this.#options.settingsOf(topic)
      for (const partition of topic.partitions) {
        if (entry.partitions[partition.index] === null)
          entry.partitions[partition.index] = this.#open(topic, partition, { settings, probe: entry.probe })
      }
    }
  }

  /**
   * Moves out of the way what no topic knows: a deletion that a crash cut short, or data whose metadata was lost. Once,
   * at start, after `apply`.
   */
  setAsideStrays(image: MetadataImage): void {
    const { disk, directories, onStray } = this.#options
    for (const directory of directories) {
      for (const { topic, partition, path } of directory.partitions()) {
        const id = readTopicId(disk, path)
        // Without an id it is none of ours: the metadata log, or a directory that a person made.
        if (id === null || image.topicByName(topic)?.partitions[partition] !== undefined) continue
        onStray(setAside(disk, path, id, 'stray'))
      }
    }
  }

  /** Syncs and closes every log; `clean` also writes what makes the next start quick. */
  close(clean: boolean): void {
    this.#isClosed = true
    for (const { log } of this.all()) {
      if (clean) log.closeClean()
      else log.closeUnclean()
    }
  }

  *#update(topic: TopicImage): Generator<void, void> {
    const settings = this.#options.settingsOf(topic)
    let entry = this.#byName.get(topic.name)
    if (entry === undefined) {
      entry = { id: topic.id, name: topic.name, probe: this.#options.probe.forTopic(topic.name), partitions: [] }
      this.#byName.set(topic.name, entry)
      this.#byId.set(topic.id, entry)
    }
    for (const partition of topic.partitions) {
      if (this.#isClosed) return
      const present = entry.partitions[partition.index]
      if (present === undefined) {
        entry.partitions[partition.index] = this.#open(topic, partition, { settings, probe: entry.probe })
      } else present?.updateSettings(settings)
      yield
    }
  }

  #open(
    topic: TopicImage,
    image: PartitionImage,
    { settings, probe }: { readonly settings: TopicSettings; readonly probe: TopicProbe }
  ): Partition | null {
    const { disk, clock, buffers, logProbe, onFatal, onOffline } = this.#options
    const { index, leaderEpoch } = image
    try {
      const home = this.#homeOf(topic, image)
      const directory = home.partitionPath(topic.name, index)
      const log = Log.open({
        disk,
        directory,
        config: settings.log,
        clock,
        probe: logProbe,
        buffers,
        jitterShare: this.#options.jitterShare(),
        cleanStart: home.cleanStart,
        ...home.checkpointOf(topic.name, index),
        openFiles: this.#options.openFiles,
        lowerRecoveryPoint: offset => home.lowerCheckpoints(topic.name, index, offset),
        makeRoom: () => this.#options.stateOf(home).giveRoom(),
        onFatal
      })
      if (readTopicId(disk, directory) === null) writeTopicId(disk, directory, topic.id)
      const identity = { topic: topic.name, topicId: topic.id, index, leaderEpoch }
      const partition = new Partition({
        ...identity,
        log,
        settings,
        clock,
        probe,
        directory: this.#options.stateOf(home)
      })
      this.#in.get(home)?.add(partition)
      return partition
    } catch (error) {
      // Damage, a missing disk, or no room for another file: this partition cannot be served, the others can.
      if (!(error instanceof LogCorrupt || error instanceof PartitionMissing || error instanceof DiskError)) throw error
      if (error instanceof DiskError) this.#waiting.set(topic.id, topic)
      onOffline(topic.name, index, error)
      return null
    }
  }

  /** The directory that holds the partition, or the one where it begins. Throws PartitionMissing, DiskError. */
  #homeOf(topic: TopicImage, { index, replicas, directories }: PartitionImage): LogDirectory {
    const { nodeId, idOf } = this.#options
    const known = directories?.[replicas.indexOf(nodeId)]
    const home = this.#homes.find(topic, index, known) ?? this.#begin()
    if (idOf(home) !== known) this.#assignments.push({ topicId: topic.id, index, directoryId: idOf(home) })
    return home
  }

  #begin(): LogDirectory {
    const id = this.placement()(this.#options.nodeId)
    return this.#options.directories.find(directory => this.#options.idOf(directory) === id) as LogDirectory
  }

  /** All partitions are gone with the first step; each further one removes the files of one. */
  *#retire(entry: TopicEntry): Generator<void, void> {
    this.#pendingDeletion.topics++
    this.#pendingDeletion.replicas += entry.partitions.filter(partition => partition !== null).length
    this.#byName.delete(entry.name)
    this.#byId.delete(entry.id)
    entry.probe.gone()
    for (const partition of entry.partitions) {
      if (partition === null) continue
      for (const partitions of this.#in.values()) partitions.delete(partition)
      partition.retire()
      partition.log.closeUnclean()
    }
    const { disk, directories } = this.#options
    for (const partition of entry.partitions) {
      if (partition === null) continue
      if (this.#isClosed) return
      for (const home of directories) home.saveFirstDirtyOffset(partition.topic, partition.index, null)
      disk.removeDirectory(setAside(disk, partition.log.directory, entry.id, 'deleted'))
      this.#pendingDeletion.replicas--
      yield
    }
    this.#pendingDeletion.topics--
  }
}
