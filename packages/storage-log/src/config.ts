/** Settings of one log; the names in brackets are the topic settings of Kafka they come from. */
export interface LogConfig {
  /** Roll when the next batch would pass this size [segment.bytes]. At most 2^31 − 1: indexes hold 32-bit positions. */
  readonly segmentBytes: number
  /** Roll when the active segment's first record is older than this [segment.ms]. */
  readonly segmentMs: number
  /** Up to this much is taken off segmentMs, so that partitions do not roll together [segment.jitter.ms]. Default 0. */
  readonly segmentJitterMs?: number
  /** One index entry per this many bytes of batches [index.interval.bytes]. */
  readonly indexIntervalBytes: number
  /** Roll when an index would pass this size [segment.index.bytes]. */
  readonly indexBytesMax: number
  /** −1: no limit [retention.bytes]. */
  readonly retentionBytes: number
  /** −1: no limit [retention.ms]. */
  readonly retentionMs: number
  /** A larger batch is refused with MESSAGE_TOO_LARGE [max.message.bytes]. */
  readonly maxMessageBytes: number
  /** A sync is asked for after this many records [flush.messages]. */
  readonly flushMessages: number
  /** A sync is asked for when the oldest unsynced record is older than this [flush.ms]. */
  readonly flushMs: number
  /**
   * What the layer above waits for: `synced` a completed fdatasync, `os` the page cache. The log itself treats both
   * alike.
   */
  readonly flushPolicy: 'synced' | 'os'
  /** Compaction leaves records alone that are younger [min.compaction.lag.ms]. */
  readonly minCompactionLagMs: number
  /** Dirty records that are older make a compaction due whatever the dirty ratio [max.compaction.lag.ms]. */
  readonly maxCompactionLagMs: number
  /** A compaction is due above this share of dirty bytes, 0 … 1 [min.cleanable.dirty.ratio]. */
  readonly minCleanableDirtyRatio: number
  /** Tombstones and markers stay this long after the compaction that came up to them [delete.retention.ms]. */
  readonly deleteRetentionMs: number
  /** Producer state is forgotten this long after the last write [producer.id.expiration.ms]. */
  readonly producerIdExpirationMs: number
}

/** Kafka's defaults, except for the flush policy. */
export const LOG_CONFIG_DEFAULTS: LogConfig = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * 24 * 3_600_000,
  segmentJitterMs: 0,
  indexIntervalBytes: 4096,
  indexBytesMax: 10 * 1024 * 1024,
  retentionBytes: -1,
  retentionMs: 7 * 24 * 3_600_000,
  maxMessageBytes: 1024 * 1024 + 12,
  flushMessages: Number.MAX_SAFE_INTEGER,
  flushMs: Number.MAX_SAFE_INTEGER,
  flushPolicy: 'synced',
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  minCleanableDirtyRatio: 0.5,
  deleteRetentionMs: 24 * 3_600_000,
  producerIdExpirationMs: 24 * 3_600_000
}

/** segment.ms of one log: `jitterShare` (0 … 1) of the jitter is taken off, so that partitions do not roll together. */
export function segmentMsOf(config: LogConfig, jitterShare: number): number {
  return config.segmentMs - Math.floor((config.segmentJitterMs ?? 0) * jitterShare)
}
