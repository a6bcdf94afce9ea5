import type { Disk } from '@streambus/base'
import { parsePartitionDirectoryName } from '../file-names.ts'
import { type DirectoryContext, readDirectoryContext } from './directory-context.ts'
import { classifyFileName } from './file-kind.ts'
import { sayAbout, type VerifyOptions, type VerifyReport } from './finding.ts'
import { type PartitionFacts, verifyPartition } from './verify-partition.ts'

export interface VerifyDirectoryOptions extends VerifyOptions {
  readonly disk: Disk
  /** A log directory: the checkpoints, and a directory per partition. */
  readonly directory: string
  readonly report: VerifyReport
  /** Called after each partition. */
  readonly onPartition?: (facts: PartitionFacts) => void
}

/** Checks a log directory and all its partitions, changing nothing. Throws DiskError if it cannot be listed. */
export async function verifyLogDirectory(options: VerifyDirectoryOptions): Promise<void> {
  const { disk, directory, report } = options
  const context = readDirectoryContext(disk, directory, report)
  const partitions: string[] = []
  for (const { name, isDirectory } of disk.list(directory)) {
    const say = sayAbout(report, `${directory}/${name}`)
    const isPartition = isDirectory && parsePartitionDirectoryName(name) !== null
    if (isPartition) partitions.push(name)
    else if (isDirectory && /-(delete|stray|future)$/.test(name))
      say('info', 'leftover', -1, 'a partition that was set aside')
    else if (isDirectory) say('info', 'unknown-file', -1, 'not a directory of a partition')
    else reportFile(name, say)
  }
  for (const name of partitions) {
    const facts = await verifyPartition({ ...options, directory: `${directory}/${name}`, context })
    options.onPartition?.(facts)
  }
  reportMissing(context, partitions, options)
}

function reportFile(name: string, say: ReturnType<typeof sayAbout>): void {
  const file = classifyFileName(name)
  if (file === null) say('info', 'unknown-file', -1, 'no file of a log directory has such a name')
  else if (file.suffixes.length > 0)
    say('info', 'leftover', -1, 'from an interrupted replace; the next start replaces it')
}

/** A partition that a checkpoint knows and that is not there was deleted, or has been lost. */
function reportMissing(
  context: DirectoryContext,
  partitions: readonly string[],
  options: VerifyDirectoryOptions
): void {
  const missing = [...context.recoveryPoints.keys()].filter(name => !partitions.includes(name))
  for (const name of missing) {
    const say = sayAbout(options.report, `${options.directory}/${name}`)
    say('info', 'lost-records', -1, 'a checkpoint knows this partition; its directory is not here (deleted?)')
  }
}
