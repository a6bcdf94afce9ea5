import { BufferPool, type Clock, type Disk, type DiskError, type Prng } from '@streambus/base'
import { nodeSystem } from '@streambus/base/node'
import { type BrokerMetrics, createBrokerMetrics, observeHost, RuntimeMonitor } from '@streambus/metrics'
import { type LogDirectory, type LogProbe, OpenFiles } from '@streambus/storage-log'
import { DiskProbe } from './admin/disk-probe.ts'
import type { Health } from './admin/health.ts'
import type { AdminServer } from './admin/server.ts'
import { LogCleaner } from './compaction/cleaner.ts'
import type { CompactionRunner } from './compaction/runner.ts'
import { WorkerRunner } from './compaction/worker-runner.ts'
import { diskLimits } from './config/disk-limits.ts'
import { effectiveValues } from './config/dynamic.ts'
import type { Config } from './config/load.ts'
import type { ConfigValues } from './config/schema.ts'
import { topicSettings, validateTopicConfigs } from './config/topic.ts'
import { Controller } from './controller/controller.ts'
import { claimDirectories } from './controller/meta-properties.ts'
import { metadataHome } from './controller/metadata-home.ts'
import { QuorumOfOne } from './controller/quorum-of-one.ts'
import { randomUuid } from './controller/uuid.ts'
import { LazyPatterns } from './coordinator/group/consumer/lazy-patterns.ts'
import { Groups } from './coordinator/group/groups.ts'
import { GroupTimelines } from './coordinator/lag/timeline.ts'
import { createRegistry } from './handlers/index.ts'
import { connectInstruments, type Instruments, warnOfNoMetrics } from './instruments.ts'
import { liveAdmin } from './live-admin.ts'
import { liveConfigs } from './live-configs.ts'
import { liveHealth } from './live-health.ts'
import { addressText, type LiveListener, liveListeners, warnOfUnreachable } from './live-listeners.ts'
import { logDirViews } from './live-log-dirs.ts'
import { LiveView } from './live-view.ts'
import { countDescriptors, openFilesMax, segmentFilesThatFit } from './net/descriptor-limit.ts'
import { bindCleaner } from './observability/bind-cleaner.ts'
import { bindDisks } from './observability/bind-disks.ts'
import { bindGroupHosts, bindGroups } from './observability/bind-groups.ts'
import { bindLog, bindOffline } from './observability/bind-log.ts'
import { bindLogLines } from './observability/bind-log-lines.ts'
import { bindMetadataLog } from './observability/bind-metadata.ts'
import { bindRetentionClock } from './observability/bind-retention-clock.ts'
import { LifecycleLines } from './observability/lifecycle-lines.ts'
import { clientText, type Log, type LogControl } from './observability/log.ts'
import { measuredDisk } from './observability/measured-disk.ts'
import { RepeatedLines } from './observability/repeated-lines.ts'
import { TopicLines } from './observability/topic-lines.ts'
import { type RequestWatch, watchRequests } from './observability/watch-requests.ts'
import { openDirectories } from './open-directories.ts'
import { DiskWatch } from './partition/disk-watch.ts'
import { Housekeeping } from './partition/housekeeping.ts'
import { inTurns } from './partition/in-turns.ts'
import { ParkedFetches } from './partition/parked-fetches.ts'
import { sweepDeleted } from './partition/partition-files.ts'
import { PartitionSet } from './partition/partition-set.ts'
import { RetentionClock } from './partition/retention-clock.ts'
import { readTrustedTime } from './partition/trusted-time-file.ts'
import { Pipeline } from './pipeline/pipeline.ts'

/** Idle buffers kept for reuse by sockets and by fetches. */
const IDLE_BUFFER_BYTES_MAX = 16 * 1024 * 1024
/** Topics are not created into less free space than this. */
const ROOM_BYTES_MIN = 1024 * 1024

export interface BrokerOptions {
  readonly config: Config
  readonly disk: Disk
  readonly clock: Clock
  readonly prng: Prng
  readonly log: Log
  readonly logControl: LogControl
  readonly version: string
  /** The commit of Git that runs. Default: it is not known. */
  readonly revision?: string
  /** A disk error after which nothing may be acknowledged: the process must end now, without an orderly stop. */
  readonly onFatal: (error: DiskError) => void
  /** Where compaction runs. Default: a thread, which sees the real disk and no other. */
  readonly compaction?: CompactionRunner
  /** Counts log lines, if the log was given a hook. */
  readonly metrics?: BrokerMetrics
}

export interface Addresses {
  /** Bound port of each listener, in the order of the setting. */
  readonly kafka: readonly { readonly host: string; readonly port: number }[]
  /** Null when the admin port is turned off. */
  readonly admin: { readonly host: string; readonly port: number } | null
}

/** Everything that the start made and the stop has to take down, in this order. */
interface Running {
  readonly directories: readonly LogDirectory[]
  readonly metadataLog: QuorumOfOne
  readonly controller: Controller
  readonly partitions: PartitionSet
  readonly housekeeping: Housekeeping
  readonly diskWatch: DiskWatch
  readonly cleaner: LogCleaner
  readonly parked: ParkedFetches
  readonly groups: Groups
  readonly timelines: GroupTimelines
}

/**
 * The composition root: picks the implementations, connects probes to metrics, and owns the order of start and stop.
 *
 * Start: lock and claim directories, take the clean marker, replay metadata, register, open logs, listen.
 * Stop: no new requests, answers leave, logs synced and closed, checkpoints, and last the clean marker.
 */
export class Broker {
  readonly metrics: BrokerMetrics
  readonly #options: BrokerOptions
  readonly #view: LiveView
  readonly #repeated: RepeatedLines
  readonly #lifecycle: LifecycleLines
  readonly #runtime: RuntimeMonitor
  readonly #diskProbe: DiskProbe
  readonly #health: Health
  readonly #pool = new BufferPool(IDLE_BUFFER_BYTES_MAX)
  readonly #fetchPool = new BufferPool(IDLE_BUFFER_BYTES_MAX)
  readonly #directories: LogDirectory[] = []
  #settings: ConfigValues
  #clusterId: string | null = null
  #listeners: readonly LiveListener[] = []
  #admin: AdminServer | null = null
  #running: Running | null = null
  #requests: RequestWatch | null = null
  readonly #openFiles = new OpenFiles(segmentFilesThatFit(openFilesMax()))
  readonly #instruments: Instruments

  constructor(options: BrokerOptions) {
    const { config, clock, version } = options
    this.#settings = config.values
    this.metrics = options.metrics ?? createBrokerMetrics(clock, config.values['metrics.enabled'])
    const lines = bindLogLines(this.metrics)
    this.#repeated = new RepeatedLines(clock, () => lines.suppressed())
    const disk = measuredDisk(options.disk, { ...options, metrics: this.metrics, repeated: this.#repeated })
    this.#options = { ...options, disk }
    this.#lifecycle = new LifecycleLines(options.log, clock)
    const maxDescriptors = openFilesMax() ?? 0
    this.#runtime = new RuntimeMonitor(this.metrics, { clock, openDescriptors: countDescriptors, maxDescriptors })
    observeHost(this.metrics, nodeSystem)
    this.metrics.serveCompatibility(() => this.#settings['metrics.compat.enable'])
    this.metrics.cacheFor(() => this.#settings['metrics.cache.ms'])
    this.#view = new LiveView({
      brokerId: config.values['node.id'],
      rack: config.values['broker.rack'] || null,
      version,
      revision: options.revision ?? '',
      environment: config.values['environment'],
      startedWallMs: clock.wallMs(),
      startedMonotonicMs: clock.monotonicMs(),
      clock,
      disk,
      listeners: () =>
        this.#listeners.map(({ name, listener, connectionsMax }) => {
          const { isListening, connectionCount: connections, pendingCount } = listener
          return { name, ...listener.advertised, isListening, connections, connectionsMax, pendingCount }
        })
    })
    this.#diskProbe = new DiskProbe(disk, clock)
    const timeLimitMs = (): number => this.#settings['admin.health.timeout.ms']
    this.#health = liveHealth({
      view: this.#view,
      metrics: this.metrics,
      clock,
      disk: this.#diskProbe,
      timeLimitMs,
      uncleanablePartitions: () => this.#running?.cleaner.uncleanableCount ?? 0
    })
    this.#instruments = connectInstruments({
      metrics: this.metrics,
      view: this.#view,
      clock,
      settings: () => this.#settings,
      listeners: () => this.#listeners,
      pools: { input: this.#pool, output: this.#fetchPool },
      openFiles: this.#openFiles
    })
  }

  /** Null until the log directories were asked. Stays, for the last lines of the log. */
  get clusterId(): string | null {
    return this.#clusterId
  }

  /** Resolves when clients can connect. Rejects with a sentence for the operator; then nothing is left behind. */
  async start(): Promise<Addresses> {
    this.#runtime.start()
    if (!this.metrics.isEnabled) warnOfNoMetrics(this.#options.log)
    try {
      const admin = await this.#startAdmin()
      const running = await this.#startStorage()
      const kafka = await this.#startListeners(running)
      this.#view.setStatus('running')
      this.#lifecycle.started({ kafka: kafka.map(addressText), admin: admin === null ? null : addressText(admin) })
      const isRunning = (): boolean => this.#view.status() === 'running'
      void warnOfUnreachable(this.#listeners, { ...this.#options, isRunning })
      return { kafka, admin }
    } catch (error) {
      this.#lifecycle.notStarted(error as Error)
      await this.stop({ isClean: false })
      throw error
    }
  }

  /** Answers under way leave within `shutdown.grace.ms`. Unclean: nothing is synced, as after a crash. */
  async stop({ isClean }: { readonly isClean: boolean } = { isClean: true }): Promise<void> {
    const graceMs = isClean ? this.#settings['shutdown.grace.ms'] : 0
    this.#view.setStatus('stopping')
    this.#lifecycle.stopping()
    const stopping = this.#listeners.map(({ listener }) => listener.stop(graceMs))
    this.#running?.parked.releaseAll()
    this.#running?.groups.close('COORDINATOR_NOT_AVAILABLE')
    await Promise.all(stopping)
    if (this.#running !== null) await this.#stopStorage(this.#running, isClean)
    this.#running = null
    for (const directory of this.#directories.splice(0)) directory.release()
    await this.#admin?.stop(graceMs)
    await this.#requests?.close({ isClean })
    this.#runtime.stop()
    this.#view.setStatus('stopped')
    this.#repeated.flush()
    this.#lifecycle.stopped({ isClean })
  }

  async #startAdmin(): Promise<Addresses['admin']> {
    const { config } = this.#options
    if (config.adminListener === null) return null
    this.#admin = liveAdmin(config.adminListener, {
      ...this.#options,
      settings: () => this.#settings,
      view: this.#view,
      health: this.#health,
      metrics: this.metrics,
      repeated: this.#repeated,
      kafkaAddress: () => addressText(this.#listeners[0]?.listener.advertised)
    })
    return this.#admin.start()
  }

  async #startStorage(): Promise<Running> {
    const { config, disk, clock, prng, log, onFatal } = this.#options
    const nodeId = config.values['node.id']
    const directories = this.#directories
    const failedDirectories = openDirectories(disk, config.values['log.dirs'], directories)
    const home = metadataHome(disk, directories)
    const newId = (): string => randomUuid(prng)
    const paths = directories.map(({ path }) => path)
    const { clusterId, directoryIds } = claimDirectories({
      disk,
      directories: paths,
      nodeId,
      clusterId: config.values['cluster.id'],
      newId
    })
    this.#clusterId = clusterId
    for (const { path, error } of failedDirectories) log.error(error, { event: 'log_dir_offline', log_dir: path })
    for (const path of paths) sweepDeleted(disk, path)
    const isClean = directories.every(({ cleanStart }) => cleanStart)
    const logProbe = this.#instruments.logs(bindLog(this.metrics, log.named('log'), this.#repeated))
    for (const { ignored } of directories) for (const file of ignored) logProbe.fileIgnored(file)
    const makeRoom = (): boolean => this.#running?.diskWatch.makeRoomIn(home.directory) ?? false
    const metadataProbe = this.#instruments.logs(bindMetadataLog(this.metrics, logProbe))
    const metadataLog = new QuorumOfOne({ disk, clock, probe: metadataProbe, makeRoom, onFatal, ...home })
    const controller = new Controller({
      log: metadataLog,
      prng,
      clock,
      probe: this.#instruments.controller,
      defaults: () => ({
        partitionCount: this.#settings['num.partitions'],
        replicationFactor: this.#settings['default.replication.factor']
      }),
      placement: () => partitions.placement(),
      roomProblem: () => this.#roomProblem(),
      configProblem: configs => validateTopicConfigs(configs)[0]?.message ?? null
    })
    const parked = new ParkedFetches()
    const diskWatch: DiskWatch = this.#createDiskWatch((directory, nowMs) => {
      const own = metadataLog.directory.startsWith(`${directory.path}/`) ? metadataLog.syncRunningMs(nowMs) : 0
      const probing = this.#diskProbe.runningMs(directory.path, nowMs)
      return Math.max(own, probing, partitions.syncRunningMs(directory, nowMs))
    })
    const partitions: PartitionSet = this.#createPartitions({ logProbe, diskWatch, directoryIds })
    const retentionClock = this.#createRetentionClock()
    const housekeeping = this.#createHousekeeping(partitions, diskWatch, retentionClock)
    const cleaner = this.#createCleaner(partitions, { retentionClock, diskWatch })
    const timelines = new GroupTimelines()
    const groups = this.#createGroups(controller, partitions, { retentionClock, timelines })
    this.#running = {
      directories,
      metadataLog,
      controller,
      partitions,
      housekeeping,
      diskWatch,
      cleaner,
      parked,
      groups,
      timelines
    }
    this.#view.attach({ ...this.#running, failedDirectories })
    diskWatch.start()
    await this.#register(controller, clusterId, isClean)
    await this.#follow(controller, partitions, groups)
    diskWatch.keepRoom()
    housekeeping.start()
    if (config.values['log.cleaner.enable']) cleaner.start()
    return this.#running
  }

  /** Opens what the metadata has, and from then on whatever it says. */
  async #follow(controller: Controller, partitions: PartitionSet, groups: Groups): Promise<void> {
    const { image } = controller
    this.#adoptSettings(controller)
    const topics = [...image.topics()].map(({ name }) => name)
    partitions.apply(image, topics)
    partitions.setAsideStrays(image)
    await controller.assignDirectories(this.#view.brokerId, partitions.takeAssignments())
    groups.start()
    const topicLines = new TopicLines(this.#options.log.named('metadata'), image)
    controller.onImage(changed => {
      this.#adoptSettings(controller)
      topicLines.changed(changed, image)
      const applied = inTurns(this.#options.clock, partitions.applySteps(image, changed))
      if (applied === null) groups.runtime.adopt()
      return applied?.then(() => groups.runtime.adopt()) ?? null
    })
  }

  #createDiskWatch(syncRunningMs: (directory: LogDirectory, nowMs: number) => number): DiskWatch {
    const { disk, clock, log, onFatal } = this.#options
    const paths = this.#directories.map(({ path }) => path)
    return new DiskWatch({
      disk,
      clock,
      directories: this.#directories,
      syncRunningMs,
      limits: () => diskLimits(this.#settings),
      probe: bindDisks(this.metrics, { log: log.named('disk'), repeated: this.#repeated }, paths),
      onStuck: onFatal
    })
  }

  #createPartitions(parts: {
    readonly logProbe: LogProbe
    readonly diskWatch: DiskWatch
    readonly directoryIds: ReadonlyMap<string, string>
  }): PartitionSet {
    const { logProbe, diskWatch, directoryIds } = parts
    const { config, disk, clock, prng, log, onFatal } = this.#options
    return new PartitionSet({
      disk,
      clock,
      nodeId: config.values['node.id'],
      directories: this.#directories,
      idOf: ({ path }) => directoryIds.get(path) ?? '',
      lostIds: new Set(config.values['log.dirs.lost']),
      stateOf: directory => diskWatch.stateOf(directory),
      buffers: this.#fetchPool,
      openFiles: this.#openFiles,
      probe: this.#instruments.partitions,
      logProbe,
      settingsOf: topic => topicSettings(topic.configs, this.#settings),
      onFatal,
      jitterShare: () => prng.u32() / 2 ** 32,
      onOffline: bindOffline(this.metrics, log),
      onStray: directory =>
        log.warn('a directory that no topic knows was set aside', { event: 'stray_directory', directory })
    })
  }

  #createGroups(
    controller: Controller,
    partitions: PartitionSet,
    { retentionClock, timelines }: { readonly retentionClock: RetentionClock; readonly timelines: GroupTimelines }
  ): Groups {
    const { clock, prng } = this.#options
    const { metrics } = this
    const log = this.#options.log.named('groups')
    return new Groups({
      controller,
      partitions,
      clock,
      prng,
      settings: () => this.#settings,
      retentionNowMs: () => retentionClock.nowMs(),
      patterns: new LazyPatterns(),
      probe: bindGroups({ metrics, log, timelines, clock }),
      hostProbe: bindGroupHosts(metrics, log)
    })
  }

  #createHousekeeping(partitions: PartitionSet, diskWatch: DiskWatch, retentionClock: RetentionClock): Housekeeping {
    const { clock, disk, log } = this.#options
    return new Housekeeping({
      clock,
      disk,
      partitions,
      directories: this.#directories,
      retentionClock,
      retentionCheckMs: () => this.#settings['log.retention.check.interval.ms'],
      checkpointMs: () => this.#settings['log.flush.offset.checkpoint.interval.ms'],
      isStalled: directory => diskWatch.stateOf(directory).isStalled,
      onShortage: error => {
        const message = 'no room on disk for what can wait; it is tried again'
        const fields = { event: 'disk_full', err: error }
        this.#repeated.remind(`shortage ${error.path}`, { log, level: 'warn', message, fields })
      }
    })
  }

  #createRetentionClock(): RetentionClock {
    const { clock, disk, log } = this.#options
    const paths = this.#directories.map(({ path }) => path)
    return new RetentionClock({
      clock,
      limits: () => ({
        jumpMs: this.#settings['log.retention.clock.jump.ms'],
        patienceMs: this.#settings['log.retention.clock.patience.ms']
      }),
      lastTrustedMs: readTrustedTime(disk, paths),
      probe: bindRetentionClock(this.metrics, log.named('retention'))
    })
  }

  #createCleaner(
    partitions: PartitionSet,
    { retentionClock, diskWatch }: { readonly retentionClock: RetentionClock; readonly diskWatch: DiskWatch }
  ): LogCleaner {
    const { clock, prng, log, onFatal, compaction } = this.#options
    return new LogCleaner({
      clock,
      prng,
      partitions,
      directories: this.#directories,
      isStalled: directory => diskWatch.stateOf(directory).isStalled,
      isFull: directory => diskWatch.stateOf(directory).isFull,
      runner: compaction ?? new WorkerRunner(),
      ageNowMs: () => retentionClock.nowMs(),
      settings: () => ({
        backoffMs: this.#settings['log.cleaner.backoff.ms'],
        dedupeBufferBytes: this.#settings['log.cleaner.dedupe.buffer.size'],
        ioBufferBytes: this.#settings['log.cleaner.io.buffer.size'],
        bytesPerSecond: this.#settings['log.cleaner.io.max.bytes.per.second']
      }),
      probe: bindCleaner(this.metrics, log.named('cleaner'), clock),
      onFatal
    })
  }

  /** Null when new partitions fit: each needs a directory and some small files at once. */
  #roomProblem(): string | null {
    const { disk } = this.#options
    const full = this.#running?.diskWatch.fullFor(this.#running.metadataLog.directory) ?? null
    if (full !== null) return full
    const free = Math.max(...this.#directories.map(({ path }) => disk.space(path).availableBytes))
    return free >= ROOM_BYTES_MIN
      ? null
      : `${free} bytes are free in log.dirs, ${ROOM_BYTES_MIN} are needed: free space`
  }

  #register(controller: Controller, clusterId: string, isClean: boolean): Promise<void> {
    const { values, advertised } = this.#options.config
    const { host, port } = advertised[0] ?? { host: '', port: -1 }
    return controller.register({
      nodeId: values['node.id'],
      host,
      port,
      rack: values['broker.rack'] || null,
      isClean,
      clusterId
    })
  }

  /** Dynamic settings take effect with the record that changed them. */
  #adoptSettings({ image }: Controller): void {
    const { config } = this.#options
    const broker = image.configsOf('broker', String(config.values['node.id']))
    const clusterDefault = image.configsOf('broker', '')
    const isChanged = broker.size > 0 || clusterDefault.size > 0 || this.#settings !== config.values
    if (isChanged) this.#settings = effectiveValues(config, { broker, clusterDefault })
  }

  async #startListeners({ controller, partitions, parked, groups, directories }: Running): Promise<Addresses['kafka']> {
    const { config, clock, log } = this.#options
    const { values } = config
    const registry = createRegistry({
      nodeId: values['node.id'],
      configs: liveConfigs({ config, image: controller.image }),
      controller,
      partitions,
      groups: groups.coordinator,
      offsetsTopic: groups.topic,
      parked,
      logDirs: () => logDirViews(directories, this.#view.logDirectories(), partitions),
      probe: this.#instruments.partitions,
      clock,
      settings: () => this.#settings,
      outputBytes: () => this.#fetchPool.takenBytes,
      onStorageError: ({ topic, index }, error) => {
        const fields = { event: 'read_failed', topic, partition: index, err: error }
        const line = { log, level: 'error', message: 'a log cannot be read', fields } as const
        this.#repeated.remind(`read ${topic}-${index}`, line)
      }
    })
    this.#requests = await watchRequests({
      ...this.#options,
      metrics: this.metrics,
      apis: registry.apis(),
      settings: () => this.#settings,
      waits: this.#instruments.waits,
      clusterId: controller.image.clusterId,
      topicNames: id => controller.image.topicById(id)?.name,
      repeated: this.#repeated
    })
    const pipeline = new Pipeline({
      registry,
      probe: this.#requests.probe,
      clock: this.#instruments.requestClock,
      onBug: (api, error, { connectionId, correlationId, clientId }) => {
        const who = { request_id: `${connectionId}-${correlationId}`, api, client_id: clientText(clientId) }
        log.error('a request handler failed', { event: 'handler_failed', ...who, err: error as Error })
      }
    })
    this.#listeners = liveListeners({
      config,
      clock,
      log,
      repeated: this.#repeated,
      instruments: this.#instruments,
      pool: this.#pool,
      execute: (frame, peer, exchange) => pipeline.execute(frame, peer, exchange)
    })
    return Promise.all(this.#listeners.map(({ listener }) => listener.start()))
  }

  async #stopStorage(running: Running, isClean: boolean): Promise<void> {
    const { directories, metadataLog, controller, partitions, housekeeping, diskWatch, cleaner } = running
    housekeeping.stop()
    await cleaner.stop()
    if (isClean) await controller.settled()
    // Until here: what the stop waits for may be a sync that never ends.
    diskWatch.stop()
    this.#diskProbe.close()
    if (isClean) {
      for (const { ballast } of this.#directories) ballast.drop()
    }
    partitions.close(isClean)
    metadataLog.close(isClean)
    if (isClean) {
      housekeeping.saveCheckpoints()
      for (const { ballast } of this.#directories) ballast.takeOn()
      for (const directory of directories) directory.markClean(metadataLog.term)
    }
  }
}
