import type { Clock } from '@streambus/base'
import type { BrokerMetrics } from '@streambus/metrics'
import type { CompactionStats } from '@streambus/storage-log'
import type { CleanerProbe } from '../compaction/cleaner-probe.ts'
import type { Log } from './log.ts'

/** Connects the log cleaner to the metrics and to the operator's log. */
export function bindCleaner({ cells }: BrokerMetrics, log: Log, clock: Clock): CleanerProbe {
  const [read, written, reclaimed] = ['read', 'written', 'reclaimed'].map(stage => cells.compactionBytes.child(stage))
  const countRemoved = removedCounter(cells.compactionRecordsRemoved)
  // Before the first round: otherwise an alert on its age would fire at once.
  cells.compactionLastSuccess.set(clock.wallMs() / 1000)
  return {
    started: () => cells.compactionInProgress.set(1),
    ended: () => cells.compactionInProgress.set(0),
    compacted({ topic, index }, stats, reclaimedBytes) {
      cells.compactions.add(1)
      cells.compactionDuration.observe(stats.durationMs / 1000)
      cells.compactionLastSuccess.set(clock.wallMs() / 1000)
      read?.add(stats.mapBytesRead + stats.bytesRead)
      written?.add(stats.bytesWritten)
      reclaimed?.add(reclaimedBytes)
      countRemoved(stats)
      const fields = { event: 'log_compacted', topic, partition: index, reclaimed_bytes: reclaimedBytes, ...stats }
      log.info('log compacted', fields)
    },
    failed({ topic, index }, error, isFinal) {
      cells.compactionFailures.add(1)
      const fields = { event: 'compaction_failed', topic, partition: index, err: error }
      const after = isFinal ? 'the partition is left as it is until the next start' : 'it is tried again'
      log.error(`compaction failed and changed nothing; ${after}`, fields)
    },
    uncleanable: count => cells.compactionUncleanable.set(count),
    looked({ maxDirtyRatio, backlogBytes }) {
      cells.compactionMaxDirtyRatio.set(maxDirtyRatio)
      cells.compactionBacklog.set(backlogBytes)
    }
  }
}

function removedCounter(family: BrokerMetrics['cells']['compactionRecordsRemoved']): (stats: CompactionStats) => void {
  const [superseded, tombstone, aborted, marker, keyless] = [
    family.child('superseded'),
    family.child('tombstone'),
    family.child('aborted'),
    family.child('marker'),
    family.child('keyless')
  ]
  return ({ recordsRead, recordsKept, tombstonesDropped, abortedDropped, markersDropped, keylessDropped }) => {
    tombstone.add(tombstonesDropped)
    aborted.add(abortedDropped)
    marker.add(markersDropped)
    keyless.add(keylessDropped)
    const named = tombstonesDropped + abortedDropped + markersDropped + keylessDropped
    superseded.add(Math.max(0, recordsRead - recordsKept - named))
  }
}
