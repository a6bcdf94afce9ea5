import type { Disk } from '@streambus/base'
import type { LogDirectory } from '@streambus/storage-log'
import { readMetaProperties } from './meta-properties.ts'

const TOPIC = '__cluster_metadata'
const METADATA_DIRECTORY = `${TOPIC}-0`

export interface MetadataHome {
  readonly directory: string
  readonly cleanStart: boolean
  /** What the checkpoints of the log directory say. */
  readonly recoveryPoint?: number
  readonly logStartOffset?: number
  readonly lowerRecoveryPoint: (offset: number) => void
  /** From now on the log directory saves checkpoints of the metadata with those of its partitions. */
  readonly addToCheckpoints: (row: () => { readonly recoveryPoint: number; readonly logStartOffset: number }) => void
}

export function holdsMetadata(disk: Disk, { path }: LogDirectory): boolean {
  return disk.exists(`${path}/${METADATA_DIRECTORY}`)
}

/**
 * Where the metadata log is: in the log directory that holds it, whatever its place in `log.dirs`; in the first one
 * of a new broker. Throws when partitions or an identity are there and the metadata is not: starting without it would
 * set all partitions aside as unknown, or forget the topics of a directory that is not mounted.
 */
export function metadataHome(disk: Disk, directories: readonly LogDirectory[]): MetadataHome {
  const pathOf = ({ path }: LogDirectory): string => `${path}/${METADATA_DIRECTORY}`
  const holders = directories.filter(directory => holdsMetadata(disk, directory))
  const [holder, second] = holders
  if (holder !== undefined && second !== undefined) {
    throw new Error(`both ${holder.path} and ${second.path} hold a metadata log: they belong to different brokers`)
  }
  if (holder !== undefined) return homeIn(holder)
  const isUsed = (directory: LogDirectory): boolean => directory.partitions().length > 0
  const used = directories.find(isUsed) ?? directories.find(({ path }) => readMetaProperties(disk, path) !== null)
  if (used !== undefined) {
    const what = isUsed(used) ? 'holds partitions' : 'belongs to a broker that has run (meta.properties)'
    const missing = `${used.path} ${what}, but no entry of log.dirs holds ${METADATA_DIRECTORY}`
    throw new Error(`${missing}: add the log directory that does, or start on an empty one`)
  }
  const [first] = directories as [LogDirectory]
  // Before the directories get their identity: a crash in between must not look like metadata that is gone.
  disk.makeDirectory(pathOf(first))
  disk.syncDirectory(first.path)
  return homeIn(first)
}

function homeIn(directory: LogDirectory): MetadataHome {
  return {
    directory: `${directory.path}/${METADATA_DIRECTORY}`,
    cleanStart: directory.cleanStart,
    ...directory.checkpointOf(TOPIC, 0),
    lowerRecoveryPoint: offset => directory.lowerCheckpoints(TOPIC, 0, offset),
    addToCheckpoints: row => directory.alsoCheckpoint(() => ({ topic: TOPIC, partition: 0, ...row() }))
  }
}
