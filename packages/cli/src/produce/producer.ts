import { assert, type Clock, type Timer } from '@streambus/base'
import type { CodecName } from '@streambus/protocol/records'
import type { ClusterClient } from '@streambus/wire-client'
import { InterruptedError } from '../interrupted-error.ts'
import { BatchWriter, type Header, type Identity } from './batch-writer.ts'
import { partitionForKey } from './murmur2.ts'
import { type Acks, PartitionSender, type SealedBatch } from './partition-sender.ts'

export interface ProducerOptions {
  readonly cluster: ClusterClient
  readonly clock: Clock
  readonly topic: string
  readonly partitionCount: number
  /** Where records without key begin; they move on with every full batch. */
  readonly firstPartition: number
  /** Null: by key, else one after the other. */
  readonly fixedPartition: number | null
  readonly acks: Acks
  /** Null: without idempotence. */
  readonly identity: Identity | null
  readonly codec: CodecName
  readonly headers: readonly Header[]
  readonly batchBytes: number
  readonly lingerMs: number
  /** For one request. */
  readonly timeoutMs: number
  /** A partition that takes nothing for this long is given up. */
  readonly giveUpMs: number
  /** An error that may pass; what it hit is sent again. `failures` in a row before it, of the same partition. */
  readonly onTrouble: (error: unknown, failures: number) => void
}

/** What one partition took. */
export interface PartitionTotal {
  records: number
  /** −1 when no answer named one. */
  firstOffset: number
  lastOffset: number
}

/** Bytes that may wait for an answer before `isFull` asks the caller to stop reading. */
const UNCONFIRMED_BYTES_MAX = 32 * 1024 * 1024

/** Someone who has interrupted waits no longer than this for answers. */
const HURRY_MS = 5_000

/**
 * Collects records into one open batch per partition and hands full ones to that partition's sender. `append` is
 * synchronous; the caller looks at `isFull` now and then, and awaits `room`.
 */
export class Producer {
  readonly #options: ProducerOptions
  readonly #writers = new Map<number, BatchWriter>()
  readonly #senders = new Map<number, PartitionSender>()
  readonly #totals = new Map<number, PartitionTotal>()
  #currentPartition: number
  #unconfirmedBytes = 0
  #openRecords = 0
  #confirmedRecords = 0
  #linger: Timer | null = null
  #deadline: Timer | null = null
  #fatal: { readonly error: unknown } | null = null
  #wake: (() => void) | null = null

  constructor(options: ProducerOptions) {
    assert(options.partitionCount > 0, 'a topic has partitions')
    this.#options = options
    this.#currentPartition = options.fixedPartition ?? options.firstPartition
  }

  get confirmedRecords(): number {
    return this.#confirmedRecords
  }

  get isFull(): boolean {
    return this.#unconfirmedBytes >= UNCONFIRMED_BYTES_MAX
  }

  /** By partition, in order of the number. */
  totals(): [partition: number, total: PartitionTotal][] {
    return [...this.#totals].sort(([a], [b]) => a - b)
  }

  /** Takes copies of both. Throws what made going on impossible. */
  append(key: Buffer | null, value: Buffer): void {
    this.#throwIfFatal()
    const { fixedPartition, partitionCount, batchBytes } = this.#options
    const isSticky = fixedPartition === null && key === null
    const partition = isSticky
      ? this.#currentPartition
      : (fixedPartition ?? partitionForKey(key as Buffer, partitionCount))
    const writer = this.#writerOf(partition)
    // Two records that each fit a batch must not make one that the broker refuses.
    if (writer.recordCount > 0 && writer.sizeWith(key, value) > batchBytes) this.#seal(partition, writer)
    writer.append(key, value)
    this.#openRecords++
    if (writer.sizeBytes >= batchBytes) {
      this.#seal(partition, writer)
      if (isSticky) this.#currentPartition = (partition + 1) % partitionCount
    } else this.#linger ??= this.#options.clock.after(this.#options.lingerMs, () => this.#sealAll())
  }

  /** Resolves when there is room for more. Rejects with what made going on impossible. */
  async room(): Promise<void> {
    while (this.isFull && this.#fatal === null) await this.#change()
    this.#throwIfFatal()
  }

  /** Sends what is open and waits for all answers. Rejects with what made going on impossible. */
  async flush(): Promise<void> {
    this.#sealAll()
    while (this.#unconfirmedBytes > 0 && this.#fatal === null) await this.#change()
    this.#deadline?.cancel()
    this.#throwIfFatal()
  }

  /** After this nothing is sent a second time, and a few seconds later `flush` and `room` wait no more. */
  hurry(): void {
    if (this.#deadline !== null) return
    this.#deadline = this.#options.clock.after(HURRY_MS, () => {
      if (this.#unconfirmedBytes > 0) this.#die(new InterruptedError(`no answer within ${HURRY_MS} ms`))
    })
    for (const sender of this.#senders.values()) sender.hurry()
  }

  #change(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }

  #throwIfFatal(): void {
    if (this.#fatal !== null) throw this.#fatal.error
  }

  #writerOf(partition: number): BatchWriter {
    const known = this.#writers.get(partition)
    if (known !== undefined) return known
    const { codec, identity, headers, clock } = this.#options
    const writer = new BatchWriter({ codec, identity, headers, clock })
    this.#writers.set(partition, writer)
    return writer
  }

  #sealAll(): void {
    this.#linger?.cancel()
    this.#linger = null
    if (this.#openRecords === 0) return
    for (const [partition, writer] of this.#writers) if (writer.recordCount > 0) this.#seal(partition, writer)
  }

  #seal(partition: number, writer: BatchWriter): void {
    this.#openRecords -= writer.recordCount
    const batch = writer.seal()
    this.#unconfirmedBytes += batch.sizeBytes
    this.#senderOf(partition).push(batch)
  }

  #senderOf(partition: number): PartitionSender {
    const known = this.#senders.get(partition)
    if (known !== undefined) return known
    const { cluster, clock, topic, acks, timeoutMs, giveUpMs, onTrouble } = this.#options
    const sender = new PartitionSender({
      cluster,
      clock,
      topic,
      partition,
      acks,
      timeoutMs,
      giveUpMs,
      onTrouble,
      onDone: (batch, baseOffset) => this.#done(partition, batch, baseOffset),
      onFatal: error => this.#die(error)
    })
    this.#senders.set(partition, sender)
    if (this.#deadline !== null) sender.hurry()
    return sender
  }

  #die(error: unknown): void {
    this.#fatal ??= { error }
    for (const sender of this.#senders.values()) sender.stop()
    this.#deadline?.cancel()
    this.#linger?.cancel()
    this.#wakeUp()
  }

  #done(partition: number, batch: SealedBatch, baseOffset: number): void {
    this.#unconfirmedBytes -= batch.sizeBytes
    this.#confirmedRecords += batch.recordCount
    const total = this.#totals.get(partition) ?? { records: 0, firstOffset: -1, lastOffset: -1 }
    total.records += batch.recordCount
    if (baseOffset >= 0) {
      if (total.firstOffset < 0) total.firstOffset = baseOffset
      total.lastOffset = baseOffset + batch.recordCount - 1
    }
    this.#totals.set(partition, total)
    this.#wakeUp()
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = null
  }
}
