import type { BrokerMetrics } from '@streambus/metrics'
import type { PartitionProbe } from '../partition/partition-probe.ts'

/** Connects partitions to the metrics. */
export function bindPartitions({ cells }: BrokerMetrics): PartitionProbe {
  return {
    produced(records, bytes) {
      cells.messagesProduced.add(records)
      cells.bytesProduced.add(bytes)
      cells.produceBatchRecords.observe(records)
      cells.produceBatchBytes.observe(bytes)
    },
    consumed(records, bytes) {
      cells.messagesConsumed.add(records)
      cells.bytesConsumed.add(bytes)
    },
    committed: latencyMs => cells.commitLatency.observe(latencyMs / 1000),
    produceHandled: latencyMs => cells.produceLatency.observe(latencyMs / 1000),
    fetchHandled: latencyMs => cells.consumeLatency.observe(Math.max(0, latencyMs) / 1000)
  }
}
