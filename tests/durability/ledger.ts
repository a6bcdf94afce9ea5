import { historyFaults } from '@streambus/testkit'
import type { Faults } from './faults.ts'

/**
 * How a producer behaves, which decides what may be in the log besides what was acknowledged:
 * `idempotent` sends again what was not answered and never appears twice; `retrying` sends one batch at a time, and a
 * batch that it sent again may be there as often as it was sent; `once` never sends anything again.
 */
export type Discipline = 'idempotent' | 'retrying' | 'once'

export interface Entry {
  readonly sequence: number
  /** Sequence of the first record of its batch. */
  readonly batchStart: number
  attempts: number
  isAcknowledged: boolean
  /** −1 until the answer names it. */
  offset: number
}

export interface ReadRecord {
  readonly offset: number
  readonly producer: number
  readonly sequence: number
  /** False when the bytes are not what was sent. */
  readonly isIntact: boolean
}

/** All of one partition, as a reader sees it. */
export interface PartitionRead {
  readonly logStartOffset: number
  readonly endOffset: number
  readonly records: readonly ReadRecord[]
  /** Of the batches that were fetched. */
  readonly sizeBytes: number
}

const keyOf = (producer: number, sequence: number): string => `${producer}/${sequence}`

class ProducerEntries {
  readonly discipline: Discipline
  entries: Entry[] = []

  constructor(discipline: Discipline) {
    this.discipline = discipline
  }

  /** Entries are contiguous in sequence: what is forgotten is forgotten from the front. */
  at(sequence: number): Entry | undefined {
    const first = this.entries[0]
    return first === undefined ? undefined : this.entries[sequence - first.sequence]
  }

  /** Drops everything up to the last acknowledged record below the log start. */
  forgetBelow(logStartOffset: number): void {
    const last = this.entries.findLastIndex(({ offset }) => offset >= 0 && offset < logStartOffset)
    this.entries = this.entries.slice(last + 1)
  }
}

/**
 * What one partition owes: written by the producers of the rig in the rig's own process, so that it survives whatever
 * happens to the broker. `check` judges a complete read against it.
 */
export class PartitionLedger {
  readonly name: string
  acknowledgedCount = 0
  readonly #retentionBytes: number
  readonly #producers = new Map<number, ProducerEntries>()
  /** What was acknowledged or once read at an offset must be there for ever. */
  readonly #expected = new Map<number, string>()
  #deletionRequested = 0
  #deletionAcknowledged = 0

  /** `retentionBytes`: −1 when only DeleteRecords may move the log start. */
  constructor(name: string, retentionBytes = -1) {
    this.name = name
    this.#retentionBytes = retentionBytes
  }

  join(producer: number, discipline: Discipline): void {
    this.#producers.set(producer, new ProducerEntries(discipline))
  }

  /** The next `count` records of a producer, about to be sent for the first time. */
  sent(producer: number, batchStart: number, count: number): void {
    const { entries } = this.#of(producer)
    for (let index = 0; index < count; index++) {
      entries.push({ sequence: batchStart + index, batchStart, attempts: 1, isAcknowledged: false, offset: -1 })
    }
  }

  sentAgain(producer: number, batchStart: number, count: number): void {
    const of = this.#of(producer)
    for (let index = 0; index < count; index++) {
      const entry = of.at(batchStart + index)
      if (entry !== undefined) entry.attempts++
    }
  }

  /** `baseOffset` −1: the broker had it already and did not say where. */
  acknowledged(producer: number, batchStart: number, count: number, baseOffset: number): void {
    const of = this.#of(producer)
    this.acknowledgedCount += count
    for (let index = 0; index < count; index++) {
      const entry = of.at(batchStart + index)
      if (entry === undefined) continue
      entry.isAcknowledged = true
      if (baseOffset < 0) continue
      entry.offset = baseOffset + index
      this.#expected.set(entry.offset, keyOf(producer, entry.sequence))
    }
  }

  deletionRequested(offset: number): void {
    this.#deletionRequested = Math.max(this.#deletionRequested, offset)
  }

  deletionAcknowledged(offset: number): void {
    this.#deletionAcknowledged = Math.max(this.#deletionAcknowledged, offset)
  }

  /** Adds what is wrong to `faults`, remembers what was read, forgets what was rightly deleted. */
  check(read: PartitionRead, faults: Faults): void {
    this.#checkLogStart(read, faults)
    for (const of of this.#producers.values()) of.forgetBelow(read.logStartOffset)
    for (const offset of this.#expected.keys()) if (offset < read.logStartOffset) this.#expected.delete(offset)
    this.#checkOffsets(read, faults)
    for (const [producer, of] of this.#producers) this.#checkProducer(producer, of, { read, faults })
    for (const { offset, producer, sequence } of read.records) this.#expected.set(offset, keyOf(producer, sequence))
  }

  /** Acknowledged records at or above the log start of the last check; what a reader must find. */
  get owed(): number {
    let count = 0
    for (const { entries } of this.#producers.values()) for (const entry of entries) if (entry.isAcknowledged) count++
    return count
  }

  #of(producer: number): ProducerEntries {
    const of = this.#producers.get(producer)
    if (of === undefined) throw new Error(`${this.name}: producer ${producer} did not join`)
    return of
  }

  #checkLogStart({ logStartOffset, sizeBytes }: PartitionRead, faults: Faults): void {
    if (logStartOffset < this.#deletionAcknowledged) {
      faults.add(
        'log-start',
        `${this.name}: is ${logStartOffset}, DeleteRecords had made it ${this.#deletionAcknowledged}`
      )
    }
    if (logStartOffset <= this.#deletionRequested) return
    // Retention counts what was written; the end that nobody was promised may have gone since.
    const slackBytes = 256 * 1024
    if (this.#retentionBytes >= 0 && sizeBytes + slackBytes >= this.#retentionBytes) return
    faults.add(
      'log-start',
      `${this.name}: is ${logStartOffset}, nobody asked for more than ${this.#deletionRequested}, and ${sizeBytes} bytes are left`
    )
  }

  #checkOffsets({ logStartOffset, endOffset, records }: PartitionRead, faults: Faults): void {
    let next = logStartOffset
    const found = new Map<number, string>()
    for (const { offset, producer, sequence, isIntact } of records) {
      if (offset !== next) faults.add('hole', `${this.name}: offset ${offset} follows ${next - 1}`)
      if (!isIntact) faults.add('damaged', `${this.name}: offset ${offset} does not hold what was sent`)
      found.set(offset, keyOf(producer, sequence))
      next = offset + 1
    }
    if (next !== endOffset) faults.add('hole', `${this.name}: reading ended at ${next}, the log end is ${endOffset}`)
    for (const [offset, key] of this.#expected) {
      const present = found.get(offset)
      if (present === key) continue
      const kind = present === undefined ? 'lost' : 'moved'
      faults.add(
        kind,
        `${this.name}: offset ${offset} held ${key} and now ${present ?? `is beyond the end, ${endOffset}`}`
      )
      // Said once: the next check judges what is written from here on.
      this.#expected.delete(offset)
    }
  }

  #checkProducer(
    producer: number,
    of: ProducerEntries,
    { read, faults }: { readonly read: PartitionRead; readonly faults: Faults }
  ): void {
    const seen = firstCopies(
      of,
      read.records.filter(record => record.isIntact && record.producer === producer)
    )
    const found = historyFaults({
      sent: of.entries.map(({ sequence }) => String(sequence)),
      acknowledged: of.entries.filter(({ isAcknowledged }) => isAcknowledged).map(({ sequence }) => String(sequence)),
      read: seen.map(String)
    })
    for (const kind of ['lost', 'duplicated', 'reordered', 'unknown'] as const) {
      for (const value of found[kind])
        faults.add(kind, `${this.name}: record ${value} of producer ${producer} (${of.discipline})`)
    }
    // Said once, as for offsets.
    for (const value of found.lost) (of.at(Number(value)) as Entry).isAcknowledged = false
    if (of.discipline === 'once') return
    seen.forEach((sequence, index) => {
      const before = seen[index - 1]
      if (before === undefined || sequence <= before + 1) return
      faults.add('gap', `${this.name}: producer ${producer} (${of.discipline}): ${sequence} follows ${before}`)
    })
  }
}

/** Sequences in the order of their offsets, without the copies that a retrying producer has a right to. */
function firstCopies(of: ProducerEntries, records: readonly ReadRecord[]): number[] {
  if (of.discipline !== 'retrying') return records.map(({ sequence }) => sequence)
  const copies = new Map<number, number>()
  const kept: number[] = []
  for (const { sequence } of withoutHalfCopy(of, records)) {
    const entry = of.at(sequence)
    const earlier = copies.get(sequence) ?? 0
    copies.set(sequence, earlier + 1)
    const latest = kept.at(-1)
    // One batch at a time: a copy comes right after the batch itself, before anything that was sent later.
    const isInPlace = latest !== undefined && entry !== undefined && of.at(latest)?.batchStart === entry.batchStart
    if (earlier > 0 && isInPlace && earlier < entry.attempts) continue
    kept.push(sequence)
  }
  return kept
}

/** The log start may lie within a copy; when a whole one follows, the order is to be judged by that. */
function withoutHalfCopy(of: ProducerEntries, records: readonly ReadRecord[]): readonly ReadRecord[] {
  const first = records[0]
  const batchStart = first === undefined ? undefined : of.at(first.sequence)?.batchStart
  if (first === undefined || batchStart === undefined || first.sequence === batchStart) return records
  const whole = records.findIndex(({ sequence }) => sequence === batchStart)
  const isCopy =
    whole > 0 && records.slice(0, whole).every(({ sequence }) => of.at(sequence)?.batchStart === batchStart)
  return isCopy ? records.slice(whole) : records
}
