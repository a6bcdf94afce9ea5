import { CLEANER_CHECKPOINT } from '../compaction/cleaner-checkpoint.ts'
import { LOG_START_CHECKPOINT, RECOVERY_POINT_CHECKPOINT } from '../directory/checkpoints.ts'
import { EPOCH_CHECKPOINT, LOG_START_FILE } from '../file-names.ts'

export type StoredFileKind =
  | 'log'
  | 'index'
  | 'timeindex'
  | 'txnindex'
  | 'snapshot'
  /** Base offsets of the segments that a cleaned one replaces. */
  | 'manifest'
  | 'epochs'
  | 'log-start'
  | 'offset-checkpoint'
  | 'clean-marker'
  /** Text and locks that say nothing about records. */
  | 'other'

export type FileSuffix = 'corrupt' | 'deleted' | 'swap' | 'cleaned' | 'tmp' | 'part' | 'torn'

export interface StoredFileName {
  readonly kind: StoredFileKind
  /** From the name: what entries of indexes are relative to, and where a snapshot was taken. 0 where there is none. */
  readonly baseOffset: number
  /** Outermost first, such as `cleaned` for `<base>.log.cleaned`. Empty for a file that is in use. */
  readonly suffixes: readonly FileSuffix[]
  /** Position in the segment where the bytes of a `.torn` file were; else 0. */
  readonly tornPosition: number
}

const NUMBERED = /^(\d{20})\.(log|index|timeindex|txnindex|snapshot)$/
const SUFFIX = /\.(corrupt|deleted|swap|cleaned|tmp|part)$/
const TORN = /\.(\d{1,16})\.torn$/
const MANIFEST = /^(\d{20})\.swap$/

const NAMED: ReadonlyMap<string, StoredFileKind> = new Map([
  [EPOCH_CHECKPOINT, 'epochs'],
  [LOG_START_FILE, 'log-start'],
  [RECOVERY_POINT_CHECKPOINT, 'offset-checkpoint'],
  [LOG_START_CHECKPOINT, 'offset-checkpoint'],
  [CLEANER_CHECKPOINT, 'offset-checkpoint'],
  ['replication-offset-checkpoint', 'offset-checkpoint'],
  ['.kafka_cleanshutdown', 'clean-marker'],
  ['partition.metadata', 'other'],
  ['meta.properties', 'other'],
  ['bootstrap.checkpoint', 'other'],
  ['quorum-state', 'other'],
  ['.lock', 'other'],
  ['.ballast', 'other'],
  ['.health', 'other'],
  // The time that retention trusted last: broker/src/partition/trusted-time-file.ts.
  ['retention-clock-checkpoint', 'other']
])

/** What a file of a log directory is by its name, StreamBus' or Apache Kafka's; null when it is none of them. */
export function classifyFileName(name: string): StoredFileName | null {
  const suffixes: FileSuffix[] = []
  let tornPosition = 0
  let rest = name
  for (;;) {
    const torn = TORN.exec(rest)
    const suffix = MANIFEST.test(rest) ? null : SUFFIX.exec(rest)
    if (torn !== null) tornPosition = Number(torn[1])
    const found = torn ?? suffix
    if (found === null) break
    suffixes.push(torn === null ? (found[1] as FileSuffix) : 'torn')
    rest = rest.slice(0, found.index)
  }
  const numbered = NUMBERED.exec(rest) ?? MANIFEST.exec(rest)
  if (numbered !== null) {
    const baseOffset = Number(numbered[1])
    const kind = (numbered[2] ?? 'manifest') as StoredFileKind
    return Number.isSafeInteger(baseOffset) ? { kind, baseOffset, suffixes, tornPosition } : null
  }
  const kind = NAMED.get(rest)
  return kind === undefined ? null : { kind, baseOffset: 0, suffixes, tornPosition }
}
