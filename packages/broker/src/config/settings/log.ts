import { boolean, double, int, LONG_MAX, list, listOf, long, oneOf, optional } from '../setting.ts'

const MIB = 1024 * 1024
const dynamic = 'cluster'
const NEVER = { default: LONG_MAX, dynamic } as const

/** Where and how records are kept. Most are what topics start from; a topic's own setting wins (see topic.ts). */
export const LOG_SETTINGS = {
  'log.dirs': list({ default: ['./data'], doc: 'Directories of the data. Partitions are spread over them.' }),
  'log.dirs.lost': list({
    default: [],
    doc: 'Ids of log directories (directory.id in meta.properties) that are gone for good: what was in them begins anew, empty.'
  }),
  'num.partitions': int({ default: 1, min: 1, doc: 'Partitions of a topic that is created without a number.' }),
  'default.replication.factor': int({
    default: 1,
    min: 1,
    max: 32_767,
    doc: 'Replicas of a topic that is created without a number.'
  }),
  'log.flush.policy': oneOf({
    values: ['synced', 'os'],
    default: 'synced',
    dynamic,
    doc:
      'When an acks=all write is answered. synced: after fdatasync, so it survives a power cut. os: once the ' +
      'operating system has it; a crash of the broker loses nothing, a power cut or a crash of the machine loses ' +
      'what it had not written back yet.'
  }),
  'log.flush.interval.messages': long({
    ...NEVER,
    min: 1,
    doc: 'Records after which a sync is asked for, besides the flush policy.'
  }),
  'log.flush.interval.ms': long({ ...NEVER, min: 0, doc: 'Age of unsynced records at which a sync is asked for.' }),
  'log.flush.offset.checkpoint.interval.ms': int({
    default: 60_000,
    min: 1,
    doc: 'How often it is written down what is durable: so much has to be checked again after a crash.'
  }),
  'log.segment.bytes': int({
    default: 1024 * MIB,
    min: 1024,
    dynamic,
    doc: 'Size at which a log starts a new segment.'
  }),
  'log.roll.ms': optional(
    long({ default: 0, min: 1, dynamic, doc: 'Age at which a log starts a new segment. Not set: log.roll.hours.' })
  ),
  'log.roll.hours': int({
    default: 168,
    min: 1,
    doc: 'Age at which a log starts a new segment, unless log.roll.ms is set.'
  }),
  'log.roll.jitter.ms': optional(
    long({
      default: 0,
      min: 0,
      dynamic,
      doc: 'Up to this is taken off the age, so that logs do not roll together. Not set: log.roll.jitter.hours.'
    })
  ),
  'log.roll.jitter.hours': int({ default: 0, min: 0, doc: 'As log.roll.jitter.ms, in hours.' }),
  'log.retention.ms': optional(
    long({
      default: 0,
      min: -1,
      dynamic,
      doc: 'How long records are kept; -1 is for ever. Not set: log.retention.minutes.'
    })
  ),
  'log.retention.minutes': optional(
    int({ default: 0, min: -1, doc: 'How long records are kept, in minutes. Not set: log.retention.hours.' })
  ),
  'log.retention.hours': int({ default: 168, min: -1, doc: 'How long records are kept, in hours; -1 is for ever.' }),
  'log.retention.bytes': long({
    default: -1,
    min: -1,
    dynamic,
    doc: 'Size at which a partition drops its oldest segments; -1 is never.'
  }),
  'log.retention.check.interval.ms': long({
    default: 300_000,
    min: 1,
    max: 2 ** 31 - 1,
    doc: 'How often retention is applied.'
  }),
  'log.segment.delete.delay.ms': long({
    default: 60_000,
    min: 0,
    dynamic,
    doc: 'How long a deleted segment stays on disk.'
  }),
  'log.cleanup.policy': listOf({
    values: ['delete', 'compact'],
    default: ['delete'],
    dynamic,
    doc: 'What happens to old records: delete by age and size, compact to the last one of each key, both, or nothing.'
  }),
  'log.cleaner.enable': boolean({ default: true, doc: 'Whether logs with cleanup.policy=compact are compacted.' }),
  'log.cleaner.backoff.ms': long({
    default: 15_000,
    min: 1,
    max: 2 ** 31 - 1,
    dynamic,
    doc: 'How long the cleaner waits when there is nothing to compact.'
  }),
  'log.cleaner.dedupe.buffer.size': long({
    default: 128 * MIB,
    min: MIB,
    max: 4096 * MIB,
    dynamic,
    doc: 'Memory for the keys of one compaction, 27 bytes each; taken only while it runs and as far as it is needed.'
  }),
  'log.cleaner.io.buffer.size': int({
    default: MIB / 2,
    min: 1024,
    max: 1024 * MIB,
    dynamic,
    doc: 'Memory for what a compaction reads and writes.'
  }),
  'log.cleaner.io.max.bytes.per.second': double({
    default: Number.MAX_VALUE,
    min: 1,
    max: Number.MAX_VALUE,
    dynamic,
    doc: 'What compaction may read and write together in a second.'
  }),
  'log.cleaner.delete.retention.ms': long({
    default: 86_400_000,
    min: 0,
    dynamic,
    doc: 'How long compaction keeps tombstones.'
  }),
  'log.cleaner.min.compaction.lag.ms': long({ default: 0, min: 0, dynamic, doc: 'Younger records are not compacted.' }),
  'log.cleaner.max.compaction.lag.ms': long({ ...NEVER, min: 1, doc: 'Older records make a log due for compaction.' }),
  'log.cleaner.min.cleanable.ratio': double({
    default: 0.5,
    min: 0,
    max: 1,
    dynamic,
    doc: 'Share of a log that must be dirty before it is compacted.'
  }),
  'log.index.interval.bytes': int({
    default: 4096,
    min: 0,
    dynamic,
    doc: 'Bytes of records between two index entries.'
  }),
  'log.index.size.max.bytes': int({
    default: 10 * MIB,
    min: 24,
    dynamic,
    doc: 'Size of an index at which its log starts a new segment.'
  }),
  'log.preallocate': boolean({
    default: false,
    dynamic,
    doc: 'Whether the file of a new segment is given its full size at once.'
  }),
  'log.message.timestamp.type': oneOf({
    values: ['CreateTime', 'LogAppendTime'],
    default: 'CreateTime',
    dynamic,
    doc: 'Whose timestamps records carry: those of the producer or those of the append.'
  }),
  'log.message.timestamp.before.max.ms': long({
    ...NEVER,
    min: 0,
    doc: 'How far in the past a producer may date a record.'
  }),
  'log.message.timestamp.after.max.ms': long({
    default: 3_600_000,
    min: 0,
    dynamic,
    doc: 'How far in the future a producer may date a record.'
  }),
  'message.max.bytes': int({
    default: MIB + 12,
    min: 0,
    dynamic,
    doc: 'Largest record batch, as it arrives and as it is stored.'
  }),
  'compression.type': oneOf({
    values: ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'],
    default: 'producer',
    dynamic,
    doc: 'How batches are stored: as the producer sent them, or compressed anew.'
  }),
  'compression.gzip.level': int({
    default: -1,
    min: -1,
    max: 9,
    except: 0,
    dynamic,
    doc: 'Level of gzip where the broker compresses; -1 is its default.'
  }),
  'compression.lz4.level': int({
    default: 9,
    min: 1,
    max: 17,
    dynamic,
    doc: 'Level of lz4 where the broker compresses.'
  }),
  'compression.zstd.level': int({
    default: 3,
    min: -131_072,
    max: 22,
    dynamic,
    doc: 'Level of zstd where the broker compresses.'
  }),
  'min.insync.replicas': int({
    default: 1,
    min: 1,
    dynamic,
    doc: 'Replicas that must have a write before acks=all is answered.'
  }),
  'unclean.leader.election.enable': boolean({
    default: false,
    dynamic,
    doc: 'Whether a replica that may lack acknowledged writes can become leader when no other is left.'
  }),
  'producer.id.expiration.ms': int({
    default: 86_400_000,
    min: 1,
    dynamic,
    doc: 'Silence after which an idempotent producer is forgotten.'
  })
} as const
