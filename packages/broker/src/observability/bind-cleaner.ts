import type { BrokerMetrics } from '@streambus/metrics'
import type { CleanerProbe } from '../compaction/cleaner-probe.ts'
import type { Log } from './log.ts'

/** Connects the log cleaner to the metrics and to the operator's log. */
export function bindCleaner({ cells }: BrokerMetrics, log: Log): CleanerProbe {
  return {
    compacted({ topic, index }, stats, reclaimedBytes) {
      cells.compactions.add(1)
      cells.compactionDuration.observe(stats.durationMs / 1000)
      cells.compactionReadBytes.add(stats.mapBytesRead + stats.bytesRead)
      cells.compactionReclaimedBytes.add(reclaimedBytes)
      cells.compactionDroppedRecords.add(stats.recordsRead - stats.recordsKept)
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
    maxDirtyRatio: ratio => cells.compactionMaxDirtyRatio.set(ratio)
  }
}
