import { DiskError } from '@streambus/base'
import type { IndexFiles } from '@streambus/storage-log'
import type { LiveParts } from './live-view.ts'

/**
 * Looks at the index files that were written since the last time: after a start all of them, later those of segments
 * that ended. A device that is silent may keep whoever asks it, so its files stay what they were.
 */
export function* measureSteps(parts: LiveParts): Generator<void, void> {
  const { directories, metadataLog, diskWatch } = parts
  for (const directory of directories) {
    const all: IndexFiles[] = metadataLog.directory.startsWith(`${directory.path}/`) ? [metadataLog.indexFiles] : []
    for (const { log } of parts.partitions.in(directory)) all.push(log.indexFiles)
    for (const files of all) {
      if (diskWatch.stateOf(directory).isStalled) break
      yield* measured(files)
    }
  }
}

/** What cannot be looked at stays what it was. */
function* measured(files: IndexFiles): Generator<void, void> {
  try {
    yield* files.measureIndexFiles()
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
  }
}
