import { Errors } from '@streambus/protocol'
import type { LogDirectory } from '@streambus/storage-log'
import type { LogDirView } from './handlers/35-describe-log-dirs.ts'
import type { LogDirectoryView } from './observability/broker-view.ts'
import type { PartitionSet } from './partition/partition-set.ts'

/**
 * The log directories as DescribeLogDirs shows them. `views` are those of the same directories, in order, and then of
 * those that could not be opened.
 */
export function logDirViews(
  directories: readonly LogDirectory[],
  views: readonly LogDirectoryView[],
  partitions: PartitionSet
): readonly LogDirView[] {
  return views.map(({ path, error, space }, index) => {
    const directory = directories[index]
    const opened = directory === undefined ? [] : [...partitions.in(directory)]
    return {
      path,
      errorCode: error === null ? Errors.NONE.code : Errors.KAFKA_STORAGE_ERROR.code,
      totalBytes: space?.totalBytes ?? -1,
      usableBytes: space?.availableBytes ?? -1,
      partitions: opened.map(({ topic, index: partition, log }) => {
        return { topic, partition, sizeBytes: log.sizeBytes, offsetLag: 0, isFuture: false }
      })
    }
  })
}
