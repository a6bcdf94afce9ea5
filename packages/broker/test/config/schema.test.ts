import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  type ConfigValues,
  environmentName,
  isSettingName,
  SETTING_NAMES,
  SETTINGS,
  type SettingName
} from '../../src/config/schema.ts'
import type { Setting } from '../../src/config/setting.ts'
import { TOPIC_SETTING_NAMES, TOPIC_SETTINGS } from '../../src/config/topic-schema.ts'

/** Defaults that clients and operators of Kafka count on. */
const KAFKA_DEFAULTS: Partial<Record<SettingName, string | null>> = {
  'auto.create.topics.enable': 'true',
  'compression.gzip.level': '-1',
  'compression.lz4.level': '9',
  'compression.type': 'producer',
  'compression.zstd.level': '3',
  'connections.max.idle.ms': '600000',
  'default.replication.factor': '1',
  'delete.topic.enable': 'true',
  'fetch.max.bytes': '57671680',
  'log.cleaner.delete.retention.ms': '86400000',
  'log.cleaner.max.compaction.lag.ms': '9223372036854775807',
  'log.cleaner.min.cleanable.ratio': '0.5',
  'log.cleaner.min.compaction.lag.ms': '0',
  'log.cleanup.policy': 'delete',
  'log.flush.interval.messages': '9223372036854775807',
  'log.index.interval.bytes': '4096',
  'log.index.size.max.bytes': '10485760',
  'log.message.timestamp.after.max.ms': '3600000',
  'log.message.timestamp.before.max.ms': '9223372036854775807',
  'log.message.timestamp.type': 'CreateTime',
  'log.preallocate': 'false',
  'log.retention.bytes': '-1',
  'log.retention.check.interval.ms': '300000',
  'log.retention.hours': '168',
  'log.retention.minutes': null,
  'log.retention.ms': null,
  'log.roll.hours': '168',
  'log.roll.jitter.hours': '0',
  'log.roll.jitter.ms': null,
  'log.roll.ms': null,
  'log.segment.bytes': '1073741824',
  'log.segment.delete.delay.ms': '60000',
  'max.incremental.fetch.session.cache.slots': '1000',
  'message.max.bytes': '1048588',
  'min.insync.replicas': '1',
  'num.partitions': '1',
  'producer.id.expiration.ms': '86400000',
  'queued.max.requests': '500',
  'socket.request.max.bytes': '104857600',
  'transaction.max.timeout.ms': '900000',
  'unclean.leader.election.enable': 'false'
}

/** What Kafka 4.3 knows as topic settings. */
const KAFKA_TOPIC_SETTINGS = [
  'cleanup.policy',
  'compression.gzip.level',
  'compression.lz4.level',
  'compression.type',
  'compression.zstd.level',
  'delete.retention.ms',
  'file.delete.delay.ms',
  'flush.messages',
  'flush.ms',
  'follower.replication.throttled.replicas',
  'index.interval.bytes',
  'leader.replication.throttled.replicas',
  'local.retention.bytes',
  'local.retention.ms',
  'max.compaction.lag.ms',
  'max.message.bytes',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.type',
  'min.cleanable.dirty.ratio',
  'min.compaction.lag.ms',
  'min.insync.replicas',
  'preallocate',
  'remote.log.copy.disable',
  'remote.log.delete.on.disable',
  'remote.storage.enable',
  'retention.bytes',
  'retention.ms',
  'segment.bytes',
  'segment.index.bytes',
  'segment.jitter.ms',
  'segment.ms',
  'unclean.leader.election.enable'
]

const rows = Object.entries(SETTINGS) as [string, Setting<unknown>][]
const topicRows = Object.entries(TOPIC_SETTINGS).map(
  ([name, { setting }]) => [name, setting] as [string, Setting<unknown>]
)

describe.each([
  ['broker', rows],
  ['topic', topicRows]
])('every %s setting', (_, table) => {
  test.each(table)(
    '%s has a lower-case dotted name, a sentence, and a default that its own rule allows',
    (name, setting) => {
      expect(name).toMatch(/^[a-z0-9]+(\.[a-z0-9]+)*$/)
      expect(setting.doc).toMatch(/^[A-Z].{10,}\.$/s)
      const text = setting.format(setting.default)
      if (text !== null) expect(setting.parse(text)).toEqual({ value: setting.default })
    }
  )
})

test('defaults are those of Kafka', () => {
  const ours = Object.fromEntries(
    Object.keys(KAFKA_DEFAULTS).map(name => {
      const setting = SETTINGS[name as SettingName] as Setting<unknown>
      return [name, setting.format(setting.default)]
    })
  )
  expect(ours).toEqual(KAFKA_DEFAULTS)
})

test('the topic settings are those of Kafka and flush.policy', () => {
  expect(TOPIC_SETTING_NAMES).toEqual([...KAFKA_TOPIC_SETTINGS, 'flush.policy'].sort())
})

test('what topics inherit can be changed while the broker runs, hours and minutes apart', () => {
  const ancestors = Object.values(TOPIC_SETTINGS).flatMap(({ ancestors: all }) => all)
  const fixed = ancestors.filter(({ name }) => SETTINGS[name].dynamic === 'no').map(({ name }) => name)
  expect(fixed.sort()).toEqual([
    'log.retention.hours',
    'log.retention.minutes',
    'log.roll.hours',
    'log.roll.jitter.hours'
  ])
})

test('no two settings share an environment variable', () => {
  expect(environmentName('log.retention.ms')).toBe('STREAMBUS_LOG_RETENTION_MS')
  expect(new Set(SETTING_NAMES.map(environmentName)).size).toBe(SETTING_NAMES.length)
})

test('names that every object has are no settings', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) expect(isSettingName(name)).toBe(false)
})

test('values are typed by the table', () => {
  expectTypeOf<ConfigValues['log.segment.bytes']>().toEqualTypeOf<number>()
  expectTypeOf<ConfigValues['log.retention.ms']>().toEqualTypeOf<number | null>()
  expectTypeOf<ConfigValues['log.flush.policy']>().toEqualTypeOf<'synced' | 'os'>()
  expectTypeOf<ConfigValues['log.dirs']>().toEqualTypeOf<readonly string[]>()
  expectTypeOf<ConfigValues['auto.create.topics.enable']>().toEqualTypeOf<boolean>()
})
