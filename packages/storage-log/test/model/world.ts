import { assert } from '@streambus/base'
import { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { type LogFileKind, parseLogFileName } from '../../src/file-names.ts'
import { LOG_CONFIG_DEFAULTS, type Log, type LogConfig, OpenFiles } from '../../src/index.ts'
import { must } from '../crash/contents.ts'
import { type OpenedDisk, openDisk } from '../crash/open-disk.ts'
import { DIRECTORY, readAll } from '../helpers.ts'
import { decodeStored, lastStableOffset, type OracleBatch, type OracleProducer, producersOf } from './oracle.ts'
import type { PendingRound } from './rounds.ts'
import type { Run } from './step.ts'

const START_MS = 1_700_000_000_000

/** A log on a simulated disk, and beside it a dumb list of what it should hold and has promised. */
export class World {
  readonly config: LogConfig
  readonly disk = new MemoryDisk({ syncs: 'manual' })
  readonly #openFilesMax: number
  opened: OpenedDisk
  /** In offset order; those below the start are kept as long as nobody has rewritten the log. */
  batches: OracleBatch[] = []
  start = 0
  end = 0
  /** Everything below was acknowledged as durable. */
  durable = 0
  /** Replicated everywhere: at most the durable end. */
  highWatermark = 0
  /** The latest epoch that was assigned, and where. */
  epoch = -1
  epochStart = 0
  leaderEpoch = 0
  nowMs = START_MS
  round: PendingRound | null = null
  /** Producer ids of the slots: one that the log may have forgotten is not used again. */
  readonly producerIds = [0, 1, 2, 3]
  /** Producer → the earliest and the latest time at which the log may believe it was active last. */
  readonly activity = new Map<number, { earliestMs: number; latestMs: number }>()
  /** Producers some of whose batches compaction has removed. */
  readonly thinned = new Set<number>()
  /** Records were cut after compaction had removed some: a snapshot may know more than is left. */
  isCutThinned = false

  constructor({ config, openFiles }: Pick<Run, 'config' | 'openFiles'>) {
    this.config = { ...LOG_CONFIG_DEFAULTS, ...config }
    this.#openFilesMax = openFiles
    this.opened = this.#open()
  }

  get log(): Log {
    return this.opened.log
  }

  /** Those that are in the log, in whole or in part. */
  get visible(): OracleBatch[] {
    return this.batches.filter(batch => batch.lastOffset >= this.start)
  }

  get producers(): Map<number, OracleProducer> {
    return producersOf(this.batches)
  }

  get lastStableOffset(): number {
    return lastStableOffset(this.batches, this.highWatermark)
  }

  /** Any offset from the log start to the log end. */
  offsetAt(choice: number): number {
    return this.start + (choice % (this.end - this.start + 1))
  }

  /** Not every segment can stay open. */
  get hasFewFiles(): boolean {
    return this.#openFilesMax < this.log.segmentCount
  }

  /** Names of the log's files of one kind, ascending. */
  files(kind: LogFileKind): string[] {
    const names = this.disk.list(DIRECTORY).map(({ name }) => name)
    return names.filter(name => parseLogFileName(name)?.kind === kind)
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.opened.clock.nowMs = this.nowMs
  }

  /** Takes over a batch that the log has taken. `bytes` as stored. */
  appended(bytes: Buffer): void {
    const [batch] = decodeStored(Buffer.from(bytes)) as [OracleBatch]
    must(batch.baseOffset === this.end, () => `a batch went to ${batch.baseOffset}, not to ${this.end}`)
    if (batch.leaderEpoch > this.epoch) this.epochAssigned(batch.leaderEpoch)
    this.batches.push(batch)
    this.end = batch.lastOffset + 1
    if (batch.producerId >= 0) this.activity.set(batch.producerId, { earliestMs: this.nowMs, latestMs: this.nowMs })
  }

  epochAssigned(epoch: number): void {
    this.epoch = epoch
    this.epochStart = this.end
  }

  syncCompleted(): void {
    this.disk.completeSyncs()
    const { durableEndOffset } = this.log
    must(durableEndOffset >= this.durable, () => `the durable end went back to ${durableEndOffset}`)
    this.durable = durableEndOffset
  }

  /** Records from `offset` on are gone, for whatever reason; what is left may have become durable. */
  cutAt(offset: number): void {
    const isCut = offset < this.end
    this.batches = this.batches.filter(batch => batch.lastOffset < offset)
    this.end = offset
    this.start = Math.min(this.start, offset)
    const { durableEndOffset } = this.log
    must(durableEndOffset >= Math.min(this.durable, offset) && durableEndOffset <= offset, () => {
      return `durable up to ${durableEndOffset} after a cut at ${offset} below ${this.durable}`
    })
    this.durable = durableEndOffset
    this.highWatermark = Math.max(this.start, Math.min(this.highWatermark, durableEndOffset))
    if (!isCut) return
    // A snapshot may know of batches that compaction has removed.
    if (this.thinned.size > 0) this.isCutThinned = true
    for (const producerId of this.thinned) this.retire(producerId)
    this.stateReloaded()
  }

  /** Producer state was read from a snapshot and batches: nobody knows any more when exactly each was active. */
  stateReloaded(): void {
    const earliestMs = this.nowMs - this.config.producerIdExpirationMs / 2
    for (const producerId of this.activity.keys()) this.activity.set(producerId, { earliestMs, latestMs: this.nowMs })
  }

  /** Nobody writes as this producer any more: the log may or may not know it. */
  retire(producerId: number): void {
    const slot = this.producerIds.indexOf(producerId)
    if (slot >= 0) this.producerIds[slot] = producerId + this.producerIds.length
  }

  /** The start has moved up: producers all of whose batches are gone may be forgotten. */
  startMoved(start: number): void {
    this.start = start
    this.highWatermark = Math.max(this.highWatermark, start)
    this.forgetLostProducers()
  }

  forgetLostProducers(): void {
    const { producers } = this
    for (const producerId of this.activity.keys()) {
      const { kept = [], lastOffset = -1 } = producers.get(producerId) ?? {}
      // Without its last batch in the epoch nobody knows its sequence.
      if ((kept.at(-1)?.lastOffset ?? lastOffset) < this.start) this.retire(producerId)
    }
  }

  /** Opens again after a clean stop, kill or power cut. */
  reopen(): void {
    this.round = null
    this.opened = this.#open()
  }

  #open(): OpenedDisk {
    const { config, nowMs } = this
    return openDisk(this.disk, { config, nowMs, openFiles: new OpenFiles(this.#openFilesMax) })
  }

  /** What has to be true at any time. */
  check(): void {
    const { log, start, end } = this
    must(log.logStartOffset === start && log.logEndOffset === end, () => {
      return `the log has ${log.logStartOffset} … ${log.logEndOffset}, not ${start} … ${end}`
    })
    const { durableEndOffset } = log
    must(durableEndOffset === this.durable, () => `durable up to ${durableEndOffset}, not ${this.durable}`)
    must(this.opened.fatal.length === 0, () => `the disk is said to have failed: ${this.opened.fatal[0]?.message}`)
    const found = readAll(log)
    const wanted = Buffer.concat(this.visible.map(batch => batch.bytes))
    must(found.equals(wanted), () => `there are ${bases(found)}, not ${bases(wanted)}`)
    must(log.latestEpoch === this.epoch, () => `the latest epoch is ${log.latestEpoch}, not ${this.epoch}`)
    this.#checkUndecided()
    this.#checkIndexFiles()
  }

  /** That no change of an index file goes by unnoticed. */
  #checkIndexFiles(): void {
    const { log, disk } = this
    for (const _step of log.indexFiles.measureIndexFiles());
    let bytes = 0
    for (const { name } of disk.list(DIRECTORY)) {
      if (/^\d+\.(index|timeindex|txnindex)$/.test(name)) bytes += disk.sizeOf(`${DIRECTORY}/${name}`) ?? 0
    }
    must(
      log.indexFiles.indexFileBytes === bytes,
      () => `index files of ${log.indexFiles.indexFileBytes} bytes, not ${bytes}`
    )
  }

  #checkUndecided(): void {
    let undecided = -1
    // What the log knows of a transaction whose beginning was compacted before a cut opened it again, or was deleted,
    // depends on snapshots.
    if (this.isCutThinned) return
    for (const { openSince } of this.producers.values()) {
      if (openSince < 0) continue
      if (openSince < this.start) return
      if (undecided < 0 || openSince < undecided) undecided = openSince
    }
    const { firstUndecidedOffset } = this.log
    must(firstUndecidedOffset === undecided, () => `first undecided offset ${firstUndecidedOffset}, not ${undecided}`)
  }
}

function bases(bytes: Buffer): string {
  assert(bytes.length < 10_000_000, 'a model run is small')
  return decodeStored(bytes)
    .map(({ baseOffset, lastOffset, leaderEpoch }) => `${baseOffset}…${lastOffset}(${leaderEpoch})`)
    .join(' ')
}
