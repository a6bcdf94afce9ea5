/** What partitions report, once per batch or per request and partition. */
export interface PartitionProbe {
  /** A batch from a producer was accepted (duplicates are not counted again). */
  produced(records: number, bytes: number): void
  /** Batches were returned to a consumer. */
  consumed(records: number, bytes: number): void
  /** Leader append → high watermark passed the batch. */
  committed(latencyMs: number): void
  /** Produce request decoded → response ready, the acks wait included. */
  produceHandled(latencyMs: number): void
  /** Fetch request from a consumer, the parked time excluded. */
  fetchHandled(latencyMs: number): void
}
