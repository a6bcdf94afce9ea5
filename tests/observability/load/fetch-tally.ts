import type { FetchResponse } from '@streambus/protocol'
import { Counts } from './counts.ts'
import { readBatches, sumOf } from './record-batches.ts'
import type { TopicTally } from './topic-tally.ts'

/** Partitions that were looked at before they were refused. */
const OFFSET_OUT_OF_RANGE = 1

/** What consumers were answered. */
export class FetchTally {
  /** By topic. Whole batches, as they were sent: a consumer may have asked for less. */
  readonly records = new Counts()
  readonly bytes = new Counts()
  /** Partitions in answers. */
  answered = 0
  /** Those of partitions that are there, by topic. */
  readonly partitions = new Counts()
  /** Of these, those that were refused, by topic. */
  readonly outOfRange = new Counts()
  /** Partitions that brought records. */
  partitionsWithRecords = 0
  answersWithRecords = 0
  answersWithout = 0

  answer({ errorCode, responses }: FetchResponse, topics: TopicTally): void {
    if (errorCode !== 0) return
    let hasRecords = false
    for (const { topic, topicId, partitions } of responses) {
      const name = topics.nameOf(topic, topicId)
      for (const partition of partitions) {
        this.answered++
        if (partition.errorCode === 0 || partition.errorCode === OFFSET_OUT_OF_RANGE) this.partitions.add(1, name)
        if (partition.errorCode === OFFSET_OUT_OF_RANGE) this.outOfRange.add(1, name)
        if (partition.records === null || partition.records.length === 0) continue
        hasRecords = true
        this.partitionsWithRecords++
        this.bytes.add(partition.records.length, name)
        this.records.add(sumOf(readBatches(partition.records)).records, name)
      }
    }
    if (hasRecords) this.answersWithRecords++
    else this.answersWithout++
  }
}
