import { catalogue as m } from '@streambus/metrics'
import type { Board } from '../board.ts'
import {
  countRate,
  gauge,
  inUnit,
  max,
  mean,
  min,
  nonZero,
  observed,
  promql,
  quantile,
  rate,
  sum,
  total
} from '../expr.ts'
import { collapsed, section } from '../layout.ts'
import { to } from '../links.ts'
import { bars, stat, table, timeseries } from '../panels.ts'
import { YES_NO } from '../thresholds.ts'
import { meanInRange, percentiles } from './patterns.ts'
import { diskShare, timeToFull, worst } from './shared.ts'

const now = section(null, [
  stat('Used', { queries: [{ expr: sum(gauge(m.storageUsed)) }], limits: 'plain', sparkline: true }),
  stat('Available', { queries: [{ expr: sum(gauge(m.storageAvailable)) }], limits: 'plain', sparkline: true }),
  stat('Fullest Broker', {
    says: 'Of what it has and could have. The alert HighStorageUsage begins at 80 %.',
    queries: [{ expr: worst(diskShare) }],
    limits: { warn: 0.8, bad: 0.9 }
  }),
  stat('Full In', {
    says: 'If it goes on as in the last six hours, on the broker where it is soonest.',
    queries: [{ expr: min(timeToFull('6h')) }],
    limits: { warn: 7 * 86_400, bad: 86_400, isFloor: true },
    links: to('streambus-capacity')
  }),
  stat('Oldest Unsynced', {
    says: 'A power cut may take what is not synced; nothing of it was acknowledged with acks=all, unless flush.policy is os.',
    queries: [{ expr: max(gauge(m.unflushedOldest)) }],
    limits: { warn: 10, bad: 60 },
    sparkline: true
  }),
  stat('Directories Offline', { queries: [{ expr: total(m.logDirectoryOffline) }], unit: 'none', limits: { bad: 1 } }),
  stat('Partitions Offline', { queries: [{ expr: total(m.offlinePartitions) }], unit: 'none', limits: { bad: 1 } }),
  stat('Disk Errors', {
    says: 'Per second. One is too many: a failed sync ends the broker.',
    queries: [{ expr: sum(rate(m.storageErrors)) }],
    unit: 'cps',
    limits: { bad: 0.0001 },
    noValue: '0'
  })
])

const perDirectory = ['instance', 'log_dir'] as const
const filesystemShare = promql(
  gauge(m.logDirectoryFree)
)`1 - ${gauge(m.logDirectoryFree)} / ${gauge(m.logDirectoryTotal)}`

const directories = section('Log directories', [
  bars('Filesystems', {
    says: 'Full in percent, whoever fills them.',
    queries: [{ expr: inUnit('percentunit', filesystemShare), legend: '{{instance}} {{log_dir}}' }],
    limits: { warn: 0.8, bad: 0.9 },
    max: 1,
    width: 6
  }),
  timeseries('Used by the Broker', { queries: [{ expr: sum(gauge(m.logDirectoryUsed), perDirectory) }], width: 6 }),
  timeseries('Free', { queries: [{ expr: sum(gauge(m.logDirectoryFree), perDirectory) }], width: 6 }),
  timeseries('Inodes in Use', {
    says: 'Each segment takes four. Without a line the filesystem makes them as needed.',
    queries: [
      {
        expr: inUnit(
          'percentunit',
          promql(
            gauge(m.logDirectoryFreeInodes)
          )`1 - ${gauge(m.logDirectoryFreeInodes)} / (${gauge(m.logDirectoryInodes)} > 0)`
        ),
        legend: '{{instance}} {{log_dir}}'
      }
    ],
    max: 1,
    noValue: 'made as needed',
    width: 6
  }),
  table('State of Directories', {
    queries: [
      { expr: max(gauge(m.logDirectoryOffline), perDirectory) },
      { expr: max(gauge(m.logDirectorySpaceLow), perDirectory) },
      { expr: max(gauge(m.logDirectoryRefusing), perDirectory) },
      { expr: max(gauge(m.logDirectorySyncRunning), perDirectory) }
    ],
    unit: 'none',
    columns: {
      instance: 'Broker',
      log_dir: 'Directory',
      'Value #A': 'Offline',
      'Value #B': 'Space low',
      'Value #C': 'Refuses writes',
      'Value #D': 'Sync under way'
    },
    overrides: [
      ...['Offline', 'Space low', 'Refuses writes'].map(options => ({
        matcher: { id: 'byName', options } as const,
        properties: [
          { id: 'mappings', value: [YES_NO] },
          { id: 'custom.cellOptions', value: { type: 'color-text' } }
        ]
      })),
      { matcher: { id: 'byName', options: 'Sync under way' }, properties: [{ id: 'unit', value: 's' }] }
    ],
    height: 6
  }),
  timeseries('Refused Writes', {
    says: '1 while producers are refused: a sync does not end (stall), little is free (space), nothing is (full).',
    queries: [{ expr: max(gauge(m.logDirectoryRefusing), ['reason']) }],
    unit: 'none',
    width: 6,
    height: 6
  }),
  timeseries('Stalls', {
    queries: [{ expr: sum(rate(m.logDirectoryStalls), perDirectory) }],
    unit: 'cps',
    width: 6,
    height: 6
  })
])

const speed = section('Speed', [
  timeseries('Append', {
    says: 'Into the page cache, on the event loop.',
    queries: percentiles(m.logAppend),
    width: 6
  }),
  timeseries('Read', { queries: percentiles(m.logRead), width: 6 }),
  timeseries('Flush', {
    says: 'Group commits: acks=all waits for one of them. Slow ones are the disk.',
    queries: percentiles(m.logFlush),
    limits: { warn: 0.25 },
    width: 6
  }),
  timeseries('P99 of Disk Operations', {
    says: 'Each of them holds up the event loop.',
    queries: [{ expr: observed(quantile(0.99, m.storageIo, { by: ['op'] })) }],
    noValue: 'none',
    width: 6
  }),
  timeseries('Flushes', {
    queries: [{ expr: sum(rate(m.logFlushes), ['trigger']) }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Unsynced Records', {
    queries: [{ expr: total(m.unflushedMessages, { by: ['instance'] }) }],
    width: 6
  }),
  timeseries('Syncs Under Way', {
    says: 'In the thread pool, or waiting for a place in it. As many as it has threads (UV_THREADPOOL_SIZE) for long: the disk is slow.',
    queries: [{ expr: total(m.storageInFlight, { by: ['instance'] }) }],
    unit: 'none',
    width: 6
  }),
  timeseries('Disk Operations', {
    queries: [{ expr: sum(countRate(m.storageIo), ['op']) }],
    unit: 'ops',
    width: 6
  }),
  timeseries('Read and Written', {
    says: 'Logs read: for whoever asked, mostly from the page cache. Disk: what really moved.',
    queries: [
      { expr: sum(rate(m.logReadBytes)), legend: 'logs read' },
      { expr: sum(rate(m.bytesStored)), legend: 'logs written' },
      { expr: sum(rate(m.processIo), ['direction']), legend: 'disk {{direction}}' }
    ],
    width: 6
  })
])

const segments = section('Segments and retention', [
  timeseries('Segments', {
    queries: [
      { expr: total(m.segments), legend: 'segments' },
      { expr: total(m.openSegmentFiles), legend: 'open files' }
    ],
    width: 6
  }),
  timeseries('Rolled and Deleted', {
    queries: [
      { expr: sum(rate(m.segmentRolls)), legend: 'rolled' },
      { expr: sum(rate(m.segmentsDeleted)), legend: 'deleted' }
    ],
    unit: 'cps',
    width: 6
  }),
  timeseries('Written and Deleted Bytes', {
    says: 'Where they meet, the disk is as full as it will be.',
    queries: [
      { expr: sum(rate(m.bytesStored)), legend: 'written' },
      { expr: sum(rate(m.deletedBytes)), legend: 'deleted' }
    ],
    width: 6
  }),
  timeseries('Clock of Retention', {
    says: 'How far it is behind the wall clock, after a step forward that nobody believes yet.',
    queries: [{ expr: max(gauge(m.retentionClockBehind)), legend: 'behind' }],
    width: 6
  })
])

const compaction = section('Compaction', [
  timeseries('Backlog', {
    says: 'Dirty bytes of logs that are due. Rising while nothing succeeds: compaction is stuck.',
    queries: [{ expr: total(m.compactionBacklog, { by: ['instance'] }) }],
    width: 6
  }),
  timeseries('Dirtiest Log', {
    queries: [{ expr: max(gauge(m.compactionMaxDirtyRatio), ['instance']) }],
    unit: 'percentunit',
    max: 1,
    width: 6
  }),
  timeseries('Bytes', { queries: [{ expr: sum(rate(m.compactionBytes), ['stage']) }], width: 6 }),
  timeseries('Records Removed', {
    queries: [{ expr: sum(rate(m.compactionRecordsRemoved), ['reason']) }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Round Duration', {
    says: 'Mean of the rounds that ended in the last ten minutes.',
    queries: [{ expr: mean(m.compactionDuration, { range: '10m' }), legend: 'mean' }],
    noValue: 'no round',
    width: 6,
    height: 5
  }),
  timeseries('Rounds', {
    queries: [
      { expr: sum(rate(m.compactions)), legend: 'done' },
      { expr: sum(rate(m.compactionFailures)), legend: 'failed' }
    ],
    unit: 'cps',
    width: 6,
    height: 5
  }),
  stat('Last Success', {
    says: 'Time since the last round that ended well, or since the start; while nothing is due there is none.',
    queries: [{ expr: sinceCompaction() }],
    limits: 'plain',
    width: 4,
    height: 5
  }),
  stat('Under Way', {
    queries: [{ expr: total(m.compactionInProgress) }],
    unit: 'none',
    limits: 'plain',
    width: 4,
    height: 5
  }),
  stat('Given Up', {
    queries: [{ expr: total(m.compactionUncleanable) }],
    unit: 'none',
    limits: { bad: 1 },
    width: 4,
    height: 5
  })
])

function sinceCompaction() {
  const last = max(gauge(m.compactionLastSuccess))
  return inUnit('s', promql(last)`time() - ${last}`)
}

const damage = collapsed('Recovery and damage', [
  timeseries('Corruption', {
    queries: [{ expr: nonZero(sum(rate(m.logCorruptions), ['reason'])) }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Disk Errors', {
    queries: [{ expr: nonZero(sum(rate(m.storageErrors), ['op', 'code'])) }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Ranges Offline and Indexes Rebuilt', {
    queries: [
      { expr: sum(rate(m.rangesOffline)), legend: 'ranges offline' },
      { expr: sum(rate(m.indexRebuilds), ['reason']), legend: 'indexes rebuilt: {{reason}}' },
      { expr: sum(rate(m.recoveryTailsKept)), legend: 'tails kept' }
    ],
    unit: 'cps',
    width: 6
  }),
  timeseries('Steps of the Clock', {
    queries: [{ expr: nonZero(sum(rate(m.retentionClockSteps), ['direction'])) }],
    unit: 'cps',
    width: 6
  }),
  timeseries('Recovery', {
    says: 'Logs checked after an unclean stop.',
    queries: [{ expr: sum(rate(m.recoveries)), legend: 'logs' }],
    unit: 'cps',
    width: 8
  }),
  timeseries('Bytes of Recovery', {
    queries: [
      { expr: sum(rate(m.recoveryScannedBytes)), legend: 'checked' },
      { expr: sum(rate(m.recoveryCutBytes)), legend: 'cut off' }
    ],
    width: 8
  }),
  stat('Recovery of One Log', {
    says: 'Mean in the chosen time.',
    queries: [{ expr: meanInRange(m.recoveryDuration) }],
    limits: 'plain',
    width: 8,
    height: 8
  })
])

export const storage: Board = {
  uid: 'streambus-storage',
  description:
    'Disks and logs: how full, how fast, what is not synced yet, what retention and compaction do, what is damaged.',
  variables: [],
  sections: [now, directories, speed, segments, compaction, damage]
}
