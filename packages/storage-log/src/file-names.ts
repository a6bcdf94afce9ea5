export type LogFileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot'

const PATTERN = /^(\d{20})\.(log|index|timeindex|txnindex|snapshot)$/

export const EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'
export const LOG_START_FILE = 'log-start-offset'
/** Leftovers of an interrupted replace or delete; they hold nothing that is not elsewhere or unwanted. */
export const LEFTOVER_SUFFIXES = ['.tmp', '.part', '.cleaned', '.deleted'] as const
/** A segment that failed its checks and waits for a decision. */
export const CORRUPT_SUFFIX = '.corrupt'

/** Kafka's name: the base offset in 20 digits, so that names sort like offsets. */
export function logFileName(baseOffset: number, kind: LogFileKind): string {
  return `${String(baseOffset).padStart(20, '0')}.${kind}`
}

/** What a recovery cut off although whole batches were in it, kept for whoever misses them. */
export function tornFileName(baseOffset: number, position: number): string {
  return `${logFileName(baseOffset, 'log')}.${position}.torn`
}

/** Null for a name that is none of ours. */
export function parseLogFileName(name: string): { baseOffset: number; kind: LogFileKind } | null {
  const match = PATTERN.exec(name)
  if (match === null) return null
  const baseOffset = Number(match[1])
  return Number.isSafeInteger(baseOffset) ? { baseOffset, kind: match[2] as LogFileKind } : null
}

export function partitionDirectoryName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Null for a directory that is not a partition's. Topic names may contain '-'; the number comes after the last one. */
export function parsePartitionDirectoryName(name: string): { topic: string; partition: number } | null {
  const match = /^(.+)-(\d{1,10})$/.exec(name)
  return match === null ? null : { topic: match[1] as string, partition: Number(match[2]) }
}
