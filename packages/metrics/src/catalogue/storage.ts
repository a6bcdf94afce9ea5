import { counter, gauge, histogram, ownedBy } from '../definition.ts'

// The logs of partitions and their files.

const seconds = { unit: 'seconds' } as const
const bytes = { unit: 'bytes' } as const
const disk = { ...seconds, buckets: 'diskSeconds' } as const

export const storageMetrics = {
  ...ownedBy('log', {
    logAppend: histogram('streambus_log_append_seconds', 'Writing one batch into the page cache.', disk),
    logRead: histogram('streambus_log_read_seconds', 'One read of a log, the look-up of its position included.', disk),
    logFlush: histogram('streambus_log_flush_seconds', 'One group commit: fdatasync of one log.', disk),
    logFlushes: counter(
      'streambus_log_flushes_total',
      'Group commits by what asked for them first: an append that waits (append), or flush.messages, flush.ms and the bytes behind them (limit).',
      { labels: ['trigger'] }
    ),
    logReadBytes: counter('streambus_log_read_bytes_total', 'Bytes read from logs, for whoever asked.', bytes),
    segmentRolls: counter('streambus_segment_rolls_total', 'New active segments begun.'),
    segmentsDeleted: counter('streambus_segments_deleted_total', 'Segments deleted by retention or on request.'),
    deletedBytes: counter('streambus_deleted_bytes_total', 'Bytes of deleted segments.', bytes),
    indexRebuilds: counter(
      'streambus_index_rebuilds_total',
      'Indexes built again because a file of them is not there (missing) or says what the segment does not (wrong).',
      { labels: ['reason'] }
    ),
    recoveries: counter('streambus_log_recoveries_total', 'Logs checked after an unclean stop.'),
    recoveryDuration: histogram(
      'streambus_log_recovery_seconds',
      'Opening one log at the start, checked after an unclean stop.',
      { ...seconds, labels: ['log_dir'], buckets: 'longSeconds' }
    ),
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
    logCorruptions: counter(
      'streambus_log_corruptions_total',
      'Damage found in files: a partition that is offline for it (partition), records that cannot be read (range), records that are missing (hole), a small file that counts as missing (small_file).',
      { labels: ['reason'] }
    )
  }),
  ...ownedBy('logState', {
    unflushedMessages: gauge(
      'streambus_log_unflushed_messages',
      'Records that are written and not synced: a power cut may take them. None of them is acknowledged with acks=all, unless flush.policy is os.'
    ),
    unflushedOldest: gauge(
      'streambus_log_unflushed_oldest_seconds',
      'How long the oldest of them has been waiting for a sync.',
      seconds
    ),
    openSegmentFiles: gauge('streambus_open_segment_files', 'Segment files that are open.')
  }),
  ...ownedBy('io', {
    storageIo: histogram(
      'streambus_storage_io_seconds',
      'Disk operations on the event loop that may wait for the device: open, rename, unlink, sync, sync_directory.',
      { ...disk, labels: ['op'] }
    ),
    storageInFlight: gauge(
      'streambus_storage_io_in_flight',
      'Disk operations in the thread pool or waiting for a place in it: syncs of group commits.',
      { labels: ['op'] }
    ),
    storageErrors: counter('streambus_storage_errors_total', 'Disk operations that failed, by system call.', {
      labels: ['op', 'code']
    })
  })
}
