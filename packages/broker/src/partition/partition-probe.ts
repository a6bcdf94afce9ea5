import type { CodecName } from '@streambus/protocol/records'

/** What the partitions of one topic report, once per batch, or per request and partition. */
export interface TopicProbe {
  /** A batch from a producer was accepted (duplicates are not); size and codec as it came. */
  produced(records: number, bytes: number, codec: CodecName): void
  /** It was there already, and is answered without being written again. */
  duplicated(): void
  /** It was rebuilt in the codec of its topic. */
  recompressed(): void
  /** It was not accepted; `error` is Kafka's name. */
  rejected(error: string, bytes: number): void
  /** Batches went to a consumer; `ageMs`: now minus the first one's largest timestamp, −1 without timestamps. */
  consumed(records: number, bytes: number, ageMs: number): void
  /** Leader append → high watermark passed the batch. */
  committed(latencyMs: number): void
  /** This topic's partition in a produce request was answered; `errorCode` 0: it was accepted. */
  produceAnswered(errorCode: number): void
  /** This topic's partition in a fetch request was answered, with records or without. */
  fetchAnswered(errorCode: number): void
  /** The topic was deleted. What its partitions still report is not about a topic with its name. */
  gone(): void
}

/** What the data path reports. */
export interface PartitionProbe {
  /** Asked once for each topic. */
  forTopic(name: string): TopicProbe
  /** A produce request was answered, or would have been. */
  produceHandled(acks: number): void
  /** A fetch request of a consumer was answered; empty: without records. */
  fetchHandled(isEmpty: boolean): void
}

const SILENT_TOPIC_PROBE: TopicProbe = {
  produced() {},
  duplicated() {},
  recompressed() {},
  rejected() {},
  consumed() {},
  committed() {},
  produceAnswered() {},
  fetchAnswered() {},
  gone() {}
}

export const SILENT_PARTITION_PROBE: PartitionProbe = {
  forTopic: () => SILENT_TOPIC_PROBE,
  produceHandled() {},
  fetchHandled() {}
}
