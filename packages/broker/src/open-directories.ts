import { type Disk, DiskError } from '@streambus/base'
import { LogDirectory } from '@streambus/storage-log'
import { holdsMetadata } from './controller/metadata-home.ts'

/** A log directory that this run of the broker does without. */
export interface FailedDirectory {
  readonly path: string
  /** What is wrong with it, as a sentence for the operator. */
  readonly error: string
}

/**
 * Locks and opens log directories into `opened`. One that cannot be used, on a disk that is read-only or broken, does
 * not stop the others: its partitions are offline until the next start. Throws DiskError: when somebody else holds
 * one, and when none of the others has the metadata, which may be in the one that failed.
 */
export function openDirectories(
  disk: Disk,
  paths: readonly string[],
  opened: LogDirectory[]
): readonly FailedDirectory[] {
  const failed: FailedDirectory[] = []
  let firstError: DiskError | null = null
  for (const path of paths) {
    try {
      const directory = LogDirectory.open(disk, path)
      opened.push(directory)
      directory.ballast.drop()
    } catch (error) {
      if (!(error instanceof DiskError) || error.code === 'ELOCKED') throw error
      if (opened.at(-1)?.path === path) opened.pop()?.release()
      const wayOut = 'mend or mount it and restart, or take it out of log.dirs'
      const message = `log directory ${path} cannot be used (${error.message}): ${wayOut}`
      failed.push({ path, error: message })
      firstError ??= new DiskError({ code: error.code, operation: error.operation, path, cause: error, message })
    }
  }
  if (firstError !== null && !opened.some(directory => holdsMetadata(disk, directory))) throw firstError
  return failed
}
