import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// Finished rounds are streambus_compactions_total.

const seconds = { unit: 'seconds' } as const
const bytes = { unit: 'bytes' } as const

export const compactionMetrics = ownedBy('cleaner', {
  compactionDuration: histogram('streambus_compaction_seconds', 'One compaction round of one log.', {
    ...seconds,
    buckets: 'longSeconds'
  }),
  compactionBytes: counter(
    'streambus_compaction_bytes_total',
    'Bytes that compaction has read, written, and by which it made logs smaller (reclaimed).',
    { ...bytes, labels: ['stage'] }
  ),
  compactionRecordsRemoved: counter(
    'streambus_compaction_records_removed_total',
    'Records that compaction removed: replaced by later ones (superseded), deleted (tombstone), of aborted transactions (aborted), markers of transactions (marker), or without a key (keyless).',
    { labels: ['reason'] }
  ),
  compactionFailures: counter('streambus_compaction_failures_total', 'Compaction rounds that failed.'),
  compactionUncleanable: gauge(
    'streambus_compaction_uncleanable_partitions',
    'Partitions that compaction has given up until the next start.'
  ),
  compactionMaxDirtyRatio: gauge(
    'streambus_compaction_max_dirty_ratio',
    'The highest share of dirty bytes in a compacted log, 0 to 1.'
  ),
  compactionBacklog: gauge(
    'streambus_compaction_backlog_bytes',
    'Dirty bytes of the logs that are due for compaction; looked at between rounds.',
    bytes
  ),
  compactionInProgress: gauge('streambus_compaction_in_progress', '1 while a round is under way.'),
  compactionLastSuccess: gauge(
    'streambus_compaction_last_success_timestamp_seconds',
    'Unix time at which the last round ended well, or at which the broker started while none has.',
    seconds
  )
})
