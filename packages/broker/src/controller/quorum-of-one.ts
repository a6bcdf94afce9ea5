import type { Clock, Disk, DiskError } from '@streambus/base'
import { RecordBatchBuilder, summaryOfBuilt } from '@streambus/protocol/records'
import { type IndexFiles, LOG_CONFIG_DEFAULTS, Log, type LogConfig, type LogProbe } from '@streambus/storage-log'
import type { MetadataHome } from './metadata-home.ts'
import type { MetadataLog } from './metadata-log.ts'
import { namingTheWayOut, replayMetadata } from './metadata-replay.ts'
import { type MetadataRecord, RecordCodec } from './records.ts'

/** Metadata must never be refused for its size or thrown away for its age. */
const CONFIG: LogConfig = {
  ...LOG_CONFIG_DEFAULTS,
  maxMessageBytes: 64 * 1024 * 1024,
  segmentBytes: 128 * 1024 * 1024,
  segmentMs: Number.MAX_SAFE_INTEGER,
  retentionMs: -1,
  retentionBytes: -1
}

type Checkpointing = 'lowerRecoveryPoint' | 'addToCheckpoints'

export interface QuorumOfOneOptions
  extends Omit<MetadataHome, Checkpointing>,
    Partial<Pick<MetadataHome, Checkpointing>> {
  readonly disk: Disk
  readonly clock: Clock
  readonly probe: LogProbe
  /** The disk is full: gives up room that was kept for the metadata. False when there is none. */
  readonly makeRoom?: () => boolean
  readonly onFatal: (error: DiskError) => void
}

/**
 * The metadata log of a single broker: a storage-log whose offset is the index and whose leader epoch is the term.
 * The one voter counts itself only when the entry is durable, so an answered command survives a power cut.
 */
export class QuorumOfOne implements MetadataLog {
  readonly #log: Log
  readonly #clock: Clock
  readonly #codec = new RecordCodec()
  readonly #waiting: { offset: number; resolve: () => void }[] = []
  readonly term: number

  /** Throws LogCorrupt when committed metadata is damaged: a broker that has forgotten its topics must not start. */
  constructor(options: QuorumOfOneOptions) {
    this.#clock = options.clock
    this.#log = namingTheWayOut(options.directory, () => Log.open({ ...options, config: CONFIG }))
    this.term = this.#log.latestEpoch + 1
    this.#log.assignEpoch(this.term)
    const log = this.#log
    options.addToCheckpoints?.(() => ({ recoveryPoint: log.recoveryPoint, logStartOffset: log.logStartOffset }))
    this.#log.onDurable(durableEndOffset => this.#committed(durableEndOffset))
  }

  get commitIndex(): number {
    return this.#log.durableEndOffset - 1
  }

  get startIndex(): number {
    return this.#log.logStartOffset
  }

  get lastIndex(): number {
    return this.#log.logEndOffset - 1
  }

  get pendingCount(): number {
    return this.#waiting.length
  }

  get directory(): string {
    return this.#log.directory
  }

  get sizeBytes(): number {
    return this.#log.sizeBytes
  }

  get indexFiles(): IndexFiles {
    return this.#log.indexFiles
  }

  /** How long the sync under way has taken so far; 0 when none is. */
  syncRunningMs(nowMonotonicMs: number): number {
    return this.#log.syncRunningMs(nowMonotonicMs)
  }

  replay(apply: (record: MetadataRecord) => void): void {
    replayMetadata(this.#log, value => apply(this.#codec.decode(value)))
  }

  append(records: readonly MetadataRecord[]): Promise<void> {
    const timestamp = this.#clock.wallMs()
    const builder = new RecordBatchBuilder()
    for (const record of records)
      builder.append({ key: null, value: this.#codec.encode(record), headers: [], timestamp })
    const batch = builder.build()
    const options = { leaderEpoch: this.term, origin: 'raft' as const }
    const { lastOffset } = this.#log.append(batch, 0, batch.length, summaryOfBuilt(batch), options)
    return new Promise(resolve => {
      this.#waiting.push({ offset: lastOffset, resolve })
      this.#log.requestSync()
    })
  }

  close(isClean: boolean): void {
    if (isClean) this.#log.closeClean()
    else this.#log.closeUnclean()
  }

  #committed(durableEndOffset: number): void {
    while (this.#waiting[0] !== undefined && this.#waiting[0].offset < durableEndOffset)
      this.#waiting.shift()?.resolve()
  }
}
