import { counter, gauge, ownedBy } from '../definition.ts'

const directory = { labels: ['log_dir'] } as const
const directoryBytes = { ...directory, unit: 'bytes' } as const

export const logDirectoryMetrics = {
  ...ownedBy('broker', {
    logDirectoryTotal: gauge(
      'streambus_log_dir_total_bytes',
      'Size of the filesystem of a log directory.',
      directoryBytes
    ),
    logDirectoryFree: gauge(
      'streambus_log_dir_free_bytes',
      'Bytes free for the broker on that filesystem.',
      directoryBytes
    ),
    logDirectoryUsed: gauge(
      'streambus_log_dir_used_bytes',
      'Bytes of segments, their indexes, and the metadata log in a log directory.',
      directoryBytes
    ),
    logDirectoryInodes: gauge(
      'streambus_log_dir_total_inodes',
      'Inodes of the filesystem of a log directory; none where it makes them as needed.',
      directory
    ),
    logDirectoryFreeInodes: gauge('streambus_log_dir_free_inodes', 'Inodes free on that filesystem.', directory),
    logDirectoryOffline: gauge('streambus_log_dir_offline', '1 when a log directory is out of service.', directory)
  }),
  ...ownedBy('disks', {
    logDirectoryStalls: counter(
      'streambus_log_dir_stalls_total',
      'Times that syncs of a log directory took too long.',
      directory
    ),
    logDirectorySyncRunning: gauge(
      'streambus_log_dir_sync_running_seconds',
      'How long the longest sync under way has taken; looked at once a second.',
      { ...directory, unit: 'seconds' }
    ),
    logDirectorySpaceLow: gauge('streambus_log_dir_space_low', '1 while little of the disk is free.', directory),
    logDirectoryRefusing: gauge(
      'streambus_log_dir_writes_refused',
      '1 while producers are refused: a sync does not end (stall), little is free (space), or a write has failed for lack of room, or the room kept for that is in use (full).',
      { labels: ['log_dir', 'reason'] }
    )
  }),
  ...ownedBy('clock', {
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
  })
}
