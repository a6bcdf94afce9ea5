import { type ConfigValues, SETTINGS, type SettingName } from './schema.ts'
import { boolean, list, long, type Setting, type ValueOf } from './setting.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A broker setting that a topic setting starts from; `unitMs` where it counts in another unit. */
export interface Ancestor {
  readonly name: SettingName
  readonly unitMs: number
}

/** A topic setting: its own row, and the broker settings it starts from, the first that is set. */
export interface TopicSetting<T> {
  readonly setting: Setting<T>
  readonly ancestors: readonly Ancestor[]
}

const THROTTLED = {
  default: [],
  item: /^(\*|\d+:\d+)$/,
  allowed: '* or a comma-separated list of partition:broker'
} as const
const LOCAL = { default: -2, min: -2 } as const

/** Every topic setting of Kafka 4.3, and flush.policy. Those without an effect yet are kept and shown all the same. */
export const TOPIC_SETTINGS = {
  'cleanup.policy': from('log.cleanup.policy'),
  'compression.gzip.level': from('compression.gzip.level'),
  'compression.lz4.level': from('compression.lz4.level'),
  'compression.type': from('compression.type'),
  'compression.zstd.level': from('compression.zstd.level'),
  'delete.retention.ms': from('log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': from('log.segment.delete.delay.ms'),
  'flush.messages': from('log.flush.interval.messages'),
  'flush.ms': from('log.flush.interval.ms'),
  'flush.policy': from('log.flush.policy'),
  'follower.replication.throttled.replicas': own(
    list({ ...THROTTLED, doc: 'Replicas whose copying is throttled on the follower.' })
  ),
  'index.interval.bytes': from('log.index.interval.bytes'),
  'leader.replication.throttled.replicas': own(
    list({ ...THROTTLED, doc: 'Replicas whose copying is throttled on the leader.' })
  ),
  'local.retention.bytes': own(
    long({
      ...LOCAL,
      doc: 'Size kept on the broker when older records are in remote storage; -2 is as retention.bytes.'
    })
  ),
  'local.retention.ms': own(
    long({ ...LOCAL, doc: 'Time kept on the broker when older records are in remote storage; -2 is as retention.ms.' })
  ),
  'max.compaction.lag.ms': from('log.cleaner.max.compaction.lag.ms'),
  'max.message.bytes': from('message.max.bytes'),
  'message.timestamp.after.max.ms': from('log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': from('log.message.timestamp.before.max.ms'),
  'message.timestamp.type': from('log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': from('log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': from('log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': from('min.insync.replicas'),
  preallocate: from('log.preallocate'),
  'remote.log.copy.disable': own(boolean({ default: false, doc: 'Whether nothing more is copied to remote storage.' })),
  'remote.log.delete.on.disable': own(
    boolean({ default: false, doc: 'Whether what is in remote storage goes when remote storage is turned off.' })
  ),
  'remote.storage.enable': own(boolean({ default: false, doc: 'Whether old segments move to remote storage.' })),
  'retention.bytes': from('log.retention.bytes'),
  'retention.ms': fromFirst<number>(
    { ...SETTINGS['log.retention.ms'], doc: 'How long records are kept; -1 is for ever.' },
    [
      { name: 'log.retention.ms', unitMs: 1 },
      { name: 'log.retention.minutes', unitMs: MINUTE_MS },
      { name: 'log.retention.hours', unitMs: HOUR_MS }
    ]
  ),
  'segment.bytes': from('log.segment.bytes'),
  'segment.index.bytes': from('log.index.size.max.bytes'),
  'segment.jitter.ms': fromFirst<number>(
    {
      ...SETTINGS['log.roll.jitter.ms'],
      doc: 'Up to this is taken off segment.ms, so that logs do not roll together.'
    },
    [
      { name: 'log.roll.jitter.ms', unitMs: 1 },
      { name: 'log.roll.jitter.hours', unitMs: HOUR_MS }
    ]
  ),
  'segment.ms': fromFirst<number>({ ...SETTINGS['log.roll.ms'], doc: 'Age at which a log starts a new segment.' }, [
    { name: 'log.roll.ms', unitMs: 1 },
    { name: 'log.roll.hours', unitMs: HOUR_MS }
  ]),
  'unclean.leader.election.enable': from('unclean.leader.election.enable')
} as const

export type TopicSettingName = keyof typeof TOPIC_SETTINGS

/** A value for every topic setting, typed by the table. */
export type TopicValues = {
  readonly [Name in TopicSettingName]: ValueOf<(typeof TOPIC_SETTINGS)[Name]['setting']>
}

export const TOPIC_SETTING_NAMES = Object.keys(TOPIC_SETTINGS).sort() as readonly TopicSettingName[]

/** Safe for names that clients chose, `__proto__` included. */
export function isTopicSettingName(name: string): name is TopicSettingName {
  return Object.hasOwn(TOPIC_SETTINGS, name)
}

/** The value that a topic has without one of its own. */
export function inherited(name: TopicSettingName, broker: ConfigValues): unknown {
  const { setting, ancestors } = TOPIC_SETTINGS[name]
  for (const ancestor of ancestors) {
    const value = broker[ancestor.name]
    if (value !== null) return inUnit(value, ancestor.unitMs)
  }
  return setting.default
}

/** −1, "no limit", is the same in every unit. */
function inUnit(value: unknown, unitMs: number): unknown {
  return unitMs === 1 || typeof value !== 'number' || value < 0 ? value : value * unitMs
}

function from<Name extends SettingName>(name: Name): TopicSetting<ConfigValues[Name]> {
  return { setting: SETTINGS[name] as unknown as Setting<ConfigValues[Name]>, ancestors: [{ name, unitMs: 1 }] }
}

function fromFirst<T>(base: Setting<T | null>, ancestors: readonly Ancestor[]): TopicSetting<T> {
  return { setting: base as Setting<T>, ancestors }
}

function own<T>(setting: Setting<T>): TopicSetting<T> {
  return { setting, ancestors: [] }
}
