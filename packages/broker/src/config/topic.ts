import type { CodecName, TimestampType } from '@streambus/protocol/records'
import type { LogConfig } from '@streambus/storage-log'
import type { ConfigValues } from './schema.ts'
import { didYouMean } from './suggest.ts'
import { inherited, isTopicSettingName, TOPIC_SETTING_NAMES, TOPIC_SETTINGS, type TopicValues } from './topic-schema.ts'

/** The settings of one topic in the shape that partitions use. */
export interface TopicSettings {
  readonly log: LogConfig
  readonly flushPolicy: 'synced' | 'os'
  readonly compressionType: 'producer' | CodecName
  readonly maxMessageBytes: number
  readonly isCompacted: boolean
  readonly messageTimestampType: TimestampType
  readonly messageTimestampBeforeMaxMs: number
  readonly messageTimestampAfterMaxMs: number
  readonly minInsyncReplicas: number
  /** False when cleanup.policy lacks delete: age and size remove nothing then. */
  readonly retentionDeletes: boolean
}

export interface TopicConfigProblem {
  readonly name: string
  readonly message: string
}

/** What is wrong with a topic's own settings, taken together; empty when nothing is. */
export function validateTopicConfigs(configs: ReadonlyMap<string, string>): readonly TopicConfigProblem[] {
  const problems: TopicConfigProblem[] = []
  for (const [name, text] of configs) {
    const message = topicConfigProblem(name, text)
    if (message !== null) problems.push({ name, message })
  }
  if (problems.length === 0) checkTogether(configs, problems)
  return problems
}

/** What is wrong with one setting of a topic by itself; null when nothing is. */
export function topicConfigProblem(name: string, text: string): string | null {
  if (!isTopicSettingName(name)) {
    return `${name} is not a topic setting${didYouMean(name, TOPIC_SETTING_NAMES)}`
  }
  const parsed = TOPIC_SETTINGS[name].setting.parse(text)
  return 'problem' in parsed ? `${name} is "${text}": must be ${parsed.problem}` : null
}

/** Every topic setting: the topic's own value over that of `broker`. One that cannot be read counts as not set. */
export function topicValues(configs: ReadonlyMap<string, string>, broker: ConfigValues): TopicValues {
  const entries = TOPIC_SETTING_NAMES.map(name => {
    const text = configs.get(name)
    const parsed = text === undefined ? null : TOPIC_SETTINGS[name].setting.parse(text)
    return [name, parsed !== null && 'value' in parsed ? parsed.value : inherited(name, broker)]
  })
  return Object.fromEntries(entries) as TopicValues
}

/** A topic's settings over those of the broker. */
export function topicSettings(configs: ReadonlyMap<string, string>, broker: ConfigValues): TopicSettings {
  const values = topicValues(configs, broker)
  const flushPolicy = values['flush.policy']
  const compressionType = values['compression.type']
  const maxMessageBytes = values['max.message.bytes']
  const retentionDeletes = values['cleanup.policy'].includes('delete')
  const isCompacted = values['cleanup.policy'].includes('compact')
  const maxCompactionLagMs = values['max.compaction.lag.ms']
  // The active segment is never compacted, so it must not hold records longer than the lag allows.
  const segmentMs = isCompacted ? Math.min(values['segment.ms'], maxCompactionLagMs) : values['segment.ms']
  return {
    log: {
      segmentBytes: values['segment.bytes'],
      segmentMs,
      segmentJitterMs: Math.min(values['segment.jitter.ms'], segmentMs),
      indexIntervalBytes: values['index.interval.bytes'],
      indexBytesMax: values['segment.index.bytes'],
      retentionBytes: retentionDeletes ? values['retention.bytes'] : -1,
      retentionMs: retentionDeletes ? values['retention.ms'] : -1,
      maxMessageBytes,
      flushMessages: values['flush.messages'],
      flushMs: values['flush.ms'],
      flushPolicy,
      minCompactionLagMs: values['min.compaction.lag.ms'],
      maxCompactionLagMs,
      minCleanableDirtyRatio: values['min.cleanable.dirty.ratio'],
      deleteRetentionMs: values['delete.retention.ms'],
      producerIdExpirationMs: broker['producer.id.expiration.ms']
    },
    flushPolicy,
    compressionType: compressionType === 'uncompressed' ? 'none' : compressionType,
    maxMessageBytes,
    isCompacted,
    messageTimestampType: values['message.timestamp.type'],
    messageTimestampBeforeMaxMs: values['message.timestamp.before.max.ms'],
    messageTimestampAfterMaxMs: values['message.timestamp.after.max.ms'],
    minInsyncReplicas: values['min.insync.replicas'],
    retentionDeletes
  }
}

/** Rules between settings, as Kafka's LogConfig.validate has them. */
function checkTogether(configs: ReadonlyMap<string, string>, problems: TopicConfigProblem[]): void {
  const number = (name: string): number => Number(configs.get(name) ?? Number.NaN)
  const [lagMin, lagMax] = [number('min.compaction.lag.ms'), number('max.compaction.lag.ms')]
  if (lagMin > lagMax) {
    const message = `min.compaction.lag.ms is ${lagMin}: must be at most max.compaction.lag.ms, ${lagMax}`
    problems.push({ name: 'min.compaction.lag.ms', message })
  }
  const remote = 'remote.storage.enable'
  if (configs.get(remote)?.trim().toLowerCase() === 'true') {
    problems.push({
      name: remote,
      message: `${remote} is "true": must be false, because this broker has no remote storage`
    })
  }
}
