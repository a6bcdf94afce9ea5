import { counter, gauge, histogram } from '../definition.ts'

const bytes = { unit: 'bytes' } as const
const directory = { unit: 'bytes', labels: ['log_dir'] } as const

export const storageMetrics = {
  logFlush: histogram('streambus_log_flush_seconds', 'One group commit: fdatasync of one log.', {
    unit: 'seconds',
    buckets: 'diskSeconds'
  }),
  logReadBytes: counter('streambus_log_read_bytes_total', 'Bytes read from logs, for whoever asked.', bytes),
  segmentRolls: counter('streambus_segment_rolls_total', 'New active segments begun.'),
  segmentsDeleted: counter('streambus_segments_deleted_total', 'Segments deleted by retention or on request.'),
  deletedBytes: counter('streambus_deleted_bytes_total', 'Bytes of deleted segments.', bytes),
  compactionDuration: histogram('streambus_compaction_duration_seconds', 'One compaction pass of one log.', {
    unit: 'seconds',
    buckets: 'requestSeconds'
  }),
  compactionReadBytes: counter('streambus_compaction_read_bytes_total', 'Bytes that compaction has read.', bytes),
  compactionReclaimedBytes: counter(
    'streambus_compaction_reclaimed_bytes_total',
    'Bytes by which compaction made logs smaller.',
    bytes
  ),
  compactionDroppedRecords: counter(
    'streambus_compaction_dropped_records_total',
    'Records that compaction removed: replaced by later ones, deleted, or of aborted transactions.'
  ),
  compactionFailures: counter('streambus_compaction_failures_total', 'Compaction passes that failed.'),
  compactionUncleanable: gauge(
    'streambus_compaction_uncleanable_partitions',
    'Partitions that compaction has given up until the next start.'
  ),
  compactionMaxDirtyRatio: gauge(
    'streambus_compaction_max_dirty_ratio',
    'The highest share of dirty bytes in a compacted log, 0 to 1.'
  ),
  indexRebuilds: counter('streambus_index_rebuilds_total', 'Indexes built again because they were missing or wrong.'),
  recoveries: counter('streambus_log_recoveries_total', 'Logs checked after an unclean stop.'),
  recoveryScannedBytes: counter('streambus_log_recovery_scanned_bytes_total', 'Bytes checked by recovery.', bytes),
  recoveryCutBytes: counter(
    'streambus_log_recovery_truncated_bytes_total',
    'Bytes of torn tails cut off by recovery.',
    bytes
  ),
  recoveryTailsKept: counter(
    'streambus_log_recovery_tails_kept_total',
    'Tails with whole but never promised batches behind a gap, cut off by recovery and kept in .torn files.'
  ),
  rangesOffline: counter(
    'streambus_log_ranges_offline_total',
    'Segments taken offline for a while because they could not be read.'
  ),
  storageErrors: counter('streambus_storage_errors_total', 'Disk operations that failed.', { labels: ['op', 'code'] }),
  logDirectoryTotal: gauge('streambus_log_dir_total_bytes', 'Size of the filesystem of a log directory.', directory),
  logDirectoryFree: gauge('streambus_log_dir_free_bytes', 'Bytes free for the broker on that filesystem.', directory),
  logDirectoryUsed: gauge('streambus_log_dir_used_bytes', 'Bytes of the broker in a log directory.', directory),
  logDirectoryOffline: gauge('streambus_log_dir_offline', '1 when a log directory is out of service.', {
    labels: ['log_dir']
  }),
  logDirectoryStalls: counter('streambus_log_dir_stalls_total', 'Times that syncs of a log directory took too long.', {
    labels: ['log_dir']
  }),
  logDirectorySyncRunning: gauge(
    'streambus_log_dir_sync_running_seconds',
    'How long the longest sync under way has taken; looked at once a second.',
    { unit: 'seconds', labels: ['log_dir'] }
  ),
  logDirectorySpaceLow: gauge('streambus_log_dir_space_low', '1 while little of the disk is free.', {
    labels: ['log_dir']
  }),
  logDirectoryRefusing: gauge(
    'streambus_log_dir_writes_refused',
    '1 while producers are refused: a sync does not end (stall), little is free (space), or nothing at all (full).',
    { labels: ['log_dir', 'reason'] }
  ),
  retentionClockSteps: counter(
    'streambus_retention_clock_steps_total',
    'Steps of the wall clock, forward or backward, that were too large to believe at once or to go unnoticed.',
    { labels: ['direction'] }
  ),
  retentionClockBehind: gauge(
    'streambus_retention_clock_behind_seconds',
    'How far the time by which records age is behind the wall clock, because a step forward has not lasted yet.',
    { unit: 'seconds' }
  )
}
