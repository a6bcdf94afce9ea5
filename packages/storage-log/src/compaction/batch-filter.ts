import { DELETE_HORIZON_BIT, HEADER_BYTES, readBaseTimestamp, readRecordCount } from '@streambus/protocol/records'
import { readMarker } from '../producer/producer-replay.ts'
import type { StoredBatch } from '../segment/stored-batch.ts'
import type { BatchReader } from './batch-reader.ts'
import type { KeyMap } from './key-map.ts'
import { RecordWalk } from './record-walk.ts'
import type { CompactionStats } from './stats.ts'
import type { TransactionWalk } from './transactions.ts'

/** What the log knows of an active producer; its last batch has to stay, or its next sequence would look wrong. */
export interface LastRecord {
  readonly producerId: number
  readonly producerEpoch: number
  /** −1: it has written nothing in its epoch, which a marker has begun. */
  readonly lastDataOffset: number
}

export interface FilterRules {
  readonly map: KeyMap
  /** The map knows the keys below. */
  readonly endOffset: number
  /** The last batch before it stays, so that the log's end can be read from its batches. */
  readonly upToOffset: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
  readonly lastRecords: ReadonlyMap<number, LastRecord>
  readonly transactions: TransactionWalk
  readonly stats: CompactionStats
}

/** `drop` it, `copy` its bytes, leave its header only (`empty`), or `rebuild` it from the records that are kept. */
export type Verdict = 'drop' | 'copy' | 'empty' | 'rebuild'

/** Decides batch by batch, record by record what stays, in the order of the log. The rules are Kafka's. */
export class BatchFilter {
  /** The records of the batch of the last verdict. */
  readonly walk = new RecordWalk()
  /** 1 for each record that is kept; the first `recordCount` are meant. */
  keeps = new Uint8Array(1024)
  recordCount = 0
  keptCount = 0
  /** Largest timestamp of the kept records of a batch with CreateTime. */
  maxTimestamp = -1
  /** Delete horizon that the batch is to get now; −1: none. */
  newHorizonMs = -1
  readonly #rules: FilterRules
  #hasTombstone = false

  constructor(rules: FilterRules) {
    this.#rules = rules
  }

  /** Throws LogCorrupt. */
  judge(reader: BatchReader): Verdict {
    const { batch, bytes, at } = reader
    const { nowMs, stats, transactions } = this.#rules
    this.recordCount = readRecordCount(bytes, at)
    const horizonMs = (batch.attributes & DELETE_HORIZON_BIT) === 0 ? -1 : readBaseTimestamp(bytes, at)
    const { isControl } = batch
    // The walk has to see every transactional batch.
    const isPointless = isControl
      ? transactions.isMarkerOfNothing(batch, readMarker(bytes.subarray(at, at + batch.sizeBytes), HEADER_BYTES))
      : transactions.isAborted(batch)
    stats.recordsRead += this.recordCount
    if (isPointless && (!isControl || (horizonMs >= 0 && horizonMs <= nowMs))) {
      if (isControl) stats.markersDropped += this.recordCount
      else stats.abortedDropped += this.recordCount
      return this.#emptied(reader)
    }
    this.#select(reader, horizonMs)
    stats.recordsKept += this.keptCount
    if (this.keptCount === 0) return this.#emptied(reader)
    const isAwaited = this.#hasTombstone || (isPointless && isControl)
    // Kafka starts the clock of tombstones that no round has reached yet, too; here a round's end is the start for all.
    const isHorizonDue = isAwaited && horizonMs < 0 && batch.lastOffset < this.#rules.endOffset
    this.newHorizonMs = isHorizonDue ? nowMs + this.#rules.deleteRetentionMs : -1
    return this.keptCount === this.recordCount && !isHorizonDue ? 'copy' : 'rebuild'
  }

  #emptied({ batch }: BatchReader): Verdict {
    if (!this.#staysWhenEmpty(batch)) return 'drop'
    return this.recordCount === 0 ? 'copy' : 'empty'
  }

  #staysWhenEmpty(batch: StoredBatch): boolean {
    if (batch.lastOffset + 1 === this.#rules.upToOffset) return true
    const last = batch.producerId < 0 ? undefined : this.#rules.lastRecords.get(batch.producerId)
    if (last === undefined) return false
    if (last.lastDataOffset >= 0) return batch.lastOffset === last.lastDataOffset
    // The marker that brought the epoch keeps fencing older ones.
    return batch.isControl && batch.producerEpoch === last.producerEpoch
  }

  #select(reader: BatchReader, horizonMs: number): void {
    const { batch, bytes, at } = reader
    const { walk } = this
    walk.begin(reader, this.recordCount)
    if (this.keeps.length < this.recordCount) this.keeps = new Uint8Array(this.recordCount * 2)
    const baseTimestamp = readBaseTimestamp(bytes, at)
    this.keptCount = 0
    this.maxTimestamp = -1
    this.#hasTombstone = false
    for (let i = 0; walk.next(); i++) {
      const isKept = batch.isControl || this.#isKept(batch.baseOffset + walk.offsetDelta, horizonMs)
      this.keeps[i] = isKept ? 1 : 0
      if (!isKept) continue
      this.keptCount++
      if (walk.valueBytes < 0) this.#hasTombstone = true
      this.maxTimestamp = Math.max(this.maxTimestamp, baseTimestamp + walk.timestampDelta)
    }
  }

  #isKept(offset: number, horizonMs: number): boolean {
    const { map, endOffset, nowMs, stats } = this.#rules
    if (offset >= endOffset) return true
    const { walk } = this
    if (walk.keyBytes < 0) {
      stats.keylessDropped++
      return false
    }
    if (offset < map.get(walk.records, walk.keyAt, walk.keyAt + walk.keyBytes)) return false
    if (walk.valueBytes >= 0 || horizonMs < 0 || nowMs < horizonMs) return true
    stats.tombstonesDropped++
    return false
  }
}
