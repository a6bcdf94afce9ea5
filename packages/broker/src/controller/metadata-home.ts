import type { Disk } from '@streambus/base'
import type { LogDirectory } from '@streambus/storage-log'

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

/**
 * Where the metadata log is: in the log directory that holds it, whatever its place in `log.dirs`; in the first one
 * of a new broker. Throws when partitions are there and the metadata is not: starting without it would set all of
 * them aside as unknown.
 */
export function metadataHome(disk: Disk, directories: readonly LogDirectory[]): MetadataHome {
  const pathOf = ({ path }: LogDirectory): string => `${path}/${METADATA_DIRECTORY}`
  const holders = directories.filter(directory => disk.exists(pathOf(directory)))
  const [holder, second] = holders
  if (holder !== undefined && second !== undefined) {
    throw new Error(`both ${holder.path} and ${second.path} hold a metadata log: they belong to different brokers`)
  }
  if (holder !== undefined) return homeIn(holder)
  const used = directories.find(directory => directory.partitions().length > 0)
  if (used !== undefined) {
    const missing = `${used.path} holds partitions, but no entry of log.dirs holds ${METADATA_DIRECTORY}`
    throw new Error(`${missing}: add the log directory that does, or start on an empty one`)
  }
  const [first] = directories as [LogDirectory]
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
