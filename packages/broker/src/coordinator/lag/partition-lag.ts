export interface PartitionOffsets {
  /** What the group has committed: the offset of the next record it wants; −1: nothing yet. */
  readonly committedOffset: number
  readonly logStartOffset: number
  /**
   * The high watermark, whatever the group's isolation level: Kafka's tools ask for the latest offset without one, and
   * the coordinator does not know it.
   */
  readonly endOffset: number
}

export interface PartitionLag {
  /**
   * end − committed, never negative: the number that Kafka's tools and exporters show. Counts offsets, so gaps of
   * compaction and transaction markers count as well: a consumer's position passes them, and with its next commit they
   * are gone. A client that commits "last record + 1" by itself stays at 1 behind a trailing marker, here as in Kafka.
   */
  readonly records: number
  /**
   * How many of them are below the log start and can never be read. They stay in `records`, because Kafka's tools count
   * from what was committed, and a lag that shrinks when records are lost would look like progress.
   */
  readonly lostRecords: number
  /** Committed above the end: the topic was created again or truncated, and the group will be reset. `records` is 0. */
  readonly isAboveEnd: boolean
}

/** How many records a group is behind in one partition; null when it has committed nothing there. Pure. */
export function lagOf({ committedOffset, logStartOffset, endOffset }: PartitionOffsets): PartitionLag | null {
  if (committedOffset < 0) return null
  const records = Math.max(0, endOffset - committedOffset)
  const lostRecords = Math.max(0, logStartOffset - committedOffset)
  return { records, lostRecords, isAboveEnd: committedOffset > endOffset }
}
