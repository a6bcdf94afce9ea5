import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import type { ConfigValues } from '../../src/config/schema.ts'
import { topicConfigProblem, topicSettings, validateTopicConfigs } from '../../src/config/topic.ts'
import { TOPIC_SETTING_NAMES } from '../../src/config/topic-schema.ts'

const HOUR_MS = 3_600_000

async function broker(flags: Record<string, string> = {}): Promise<ConfigValues> {
  return (await loadConfig({ flags })).values
}

function own(configs: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(Object.entries(configs))
}

describe('settings in force', () => {
  let defaults: ConfigValues
  beforeAll(async () => {
    defaults = await broker()
  })

  test('come from the broker when the topic has none', () => {
    expect(topicSettings(new Map(), defaults)).toEqual({
      log: {
        segmentBytes: 1024 ** 3,
        segmentMs: 168 * HOUR_MS,
        segmentJitterMs: 0,
        indexIntervalBytes: 4096,
        indexBytesMax: 10_485_760,
        retentionBytes: -1,
        retentionMs: 168 * HOUR_MS,
        maxMessageBytes: 1_048_588,
        flushMessages: Number.MAX_SAFE_INTEGER,
        flushMs: Number.MAX_SAFE_INTEGER,
        flushPolicy: 'synced',
        minCompactionLagMs: 0,
        maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
        minCleanableDirtyRatio: 0.5,
        deleteRetentionMs: 86_400_000,
        producerIdExpirationMs: 86_400_000
      },
      flushPolicy: 'synced',
      compressionType: 'producer',
      maxMessageBytes: 1_048_588,
      isCompacted: false,
      messageTimestampType: 'CreateTime',
      messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
      messageTimestampAfterMaxMs: HOUR_MS,
      minInsyncReplicas: 1,
      retentionDeletes: true
    })
  })

  test("the topic's own win", () => {
    const settings = topicSettings(
      own({
        'segment.bytes': '2048',
        'segment.ms': '50',
        'segment.jitter.ms': '70',
        'retention.bytes': '10',
        'retention.ms': '20',
        'max.message.bytes': '1000',
        'flush.messages': '1',
        'flush.ms': '2',
        'flush.policy': 'os',
        'compression.type': 'uncompressed',
        'message.timestamp.type': 'LogAppendTime',
        'min.insync.replicas': '2'
      }),
      defaults
    )
    expect(settings).toMatchObject({
      flushPolicy: 'os',
      compressionType: 'none',
      maxMessageBytes: 1000,
      messageTimestampType: 'LogAppendTime',
      minInsyncReplicas: 2,
      // A jitter above the age would make every segment roll at once.
      log: { segmentBytes: 2048, segmentMs: 50, segmentJitterMs: 50, retentionBytes: 10, retentionMs: 20, flushMs: 2 }
    })
    expect(settings.log).toMatchObject({ maxMessageBytes: 1000, flushMessages: 1, flushPolicy: 'os' })
  })

  test.each([
    ['delete', { isCompacted: false, retentionDeletes: true }, 168 * HOUR_MS],
    ['compact', { isCompacted: true, retentionDeletes: false }, -1],
    ['compact,delete', { isCompacted: true, retentionDeletes: true }, 168 * HOUR_MS],
    ['', { isCompacted: false, retentionDeletes: false }, -1]
  ])('cleanup.policy %j', (policy, expected, retentionMs) => {
    const settings = topicSettings(own({ 'cleanup.policy': policy, 'retention.bytes': '5' }), defaults)
    expect(settings).toMatchObject(expected)
    expect(settings.log.retentionMs).toBe(retentionMs)
    expect(settings.log.retentionBytes).toBe(retentionMs === -1 ? -1 : 5)
  })

  test('a value that cannot be read, of another version, counts as not set', () => {
    expect(topicSettings(own({ 'segment.bytes': 'huge' }), defaults).log.segmentBytes).toBe(1024 ** 3)
  })
})

test.each([
  [{ 'log.retention.hours': '2' }, 2 * HOUR_MS],
  [{ 'log.retention.hours': '2', 'log.retention.minutes': '3' }, 180_000],
  [{ 'log.retention.hours': '2', 'log.retention.minutes': '3', 'log.retention.ms': '4' }, 4],
  [{ 'log.retention.hours': '-1' }, -1],
  [{ 'log.retention.minutes': '-1' }, -1]
])('the finest unit of retention wins: %j', async (flags, retentionMs) => {
  expect(topicSettings(new Map(), await broker(flags)).log.retentionMs).toBe(retentionMs)
})

test('so do those of the segment age and its jitter', async () => {
  const { log } = topicSettings(new Map(), await broker({ 'log.roll.hours': '3', 'log.roll.jitter.hours': '1' }))
  expect([log.segmentMs, log.segmentJitterMs]).toEqual([3 * HOUR_MS, HOUR_MS])
  const fine = topicSettings(new Map(), await broker({ 'log.roll.ms': '9', 'log.roll.jitter.ms': '8' }))
  expect([fine.log.segmentMs, fine.log.segmentJitterMs]).toEqual([9, 8])
})

describe('validation', () => {
  test('every known name is accepted with its default', async () => {
    const { describeTopicDefaults } = await import('../../src/config/describe.ts')
    const config = await loadConfig({})
    const none = { broker: new Map<string, string>(), clusterDefault: new Map<string, string>() }
    const all = describeTopicDefaults(config, none).map(({ name, value }) => [name, value ?? ''] as const)
    expect(all.map(([name]) => name)).toEqual(TOPIC_SETTING_NAMES)
    expect(validateTopicConfigs(new Map(all))).toEqual([])
  })

  test.each([
    ['retention.ms', '-2', 'retention.ms is "-2": must be a whole number from -1 to 9223372036854775807'],
    ['segment.bytes', '100', 'segment.bytes is "100": must be a whole number from 1024 to 2147483647'],
    ['segment.ms', '0', 'segment.ms is "0": must be a whole number from 1 to 9223372036854775807'],
    ['compression.type', 'GZIP', 'must be one of producer, uncompressed, gzip, snappy, lz4, zstd'],
    ['compression.gzip.level', '0', 'except 0'],
    ['leader.replication.throttled.replicas', '0:1,x', 'must be * or a comma-separated list of partition:broker'],
    ['local.retention.ms', '-3', 'from -2'],
    ['remote.storage.enable', 'TRUE', 'this broker has no remote storage'],
    ['retention.m', '5', 'retention.m is not a topic setting (did you mean retention.ms?)'],
    ['log.retention.ms', '5', 'log.retention.ms is not a topic setting (did you mean local.retention.ms?)'],
    ['__proto__', '1', '__proto__ is not a topic setting'],
    ['constructor', '1', 'constructor is not a topic setting']
  ])('%s=%s', (name, value, message) => {
    const problems = validateTopicConfigs(new Map([[name, value]]))
    expect(problems).toHaveLength(1)
    expect(problems[0]?.name).toBe(name)
    expect(problems[0]?.message).toContain(message)
  })

  test('settings that contradict each other', () => {
    const configs = own({ 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '5' })
    expect(validateTopicConfigs(configs).map(({ message }) => message)).toEqual([
      'min.compaction.lag.ms is 10: must be at most max.compaction.lag.ms, 5'
    ])
    expect(validateTopicConfigs(own({ 'min.compaction.lag.ms': '5', 'max.compaction.lag.ms': '5' }))).toEqual([])
  })

  test('all problems are told', () => {
    expect(validateTopicConfigs(own({ nope: '1', 'segment.ms': 'x', 'retention.ms': '1' })).map(p => p.name)).toEqual([
      'nope',
      'segment.ms'
    ])
  })

  test('whatever is accepted can be resolved, and nothing throws', async () => {
    const defaults = await broker()
    const value = fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom('delete', 'true', 'os', '-1', '*'))
    const configs = fc.dictionary(fc.oneof(fc.constantFrom(...TOPIC_SETTING_NAMES), fc.string()), value)
    fc.assert(
      fc.property(configs, record => {
        const map = own(record)
        const isValid = validateTopicConfigs(map).length === 0
        const settings = topicSettings(map, defaults)
        expect(settings.log.segmentMs).toBeGreaterThan(0)
        if (!isValid) return
        for (const [name, text] of map) expect(topicConfigProblem(name, text)).toBeNull()
      })
    )
  })
})
