import { type Disk, readWhole, replaceWhole } from '@streambus/base'

const FILE = 'partition.metadata'
const DELETED_SUFFIX = '-delete'
const STRAY_SUFFIX = '-stray'

/** The topic id that a partition directory belongs to (Kafka's `partition.metadata`), or null when it does not say. */
export function readTopicId(disk: Disk, directory: string): string | null {
  const path = `${directory}/${FILE}`
  if (!disk.exists(path)) return null
  return /^topic_id: ([\w-]{22})$/m.exec(readWhole(disk, path).toString('utf8'))?.[1] ?? null
}

/** Durable when it returns. A re-created topic of the same name has another id, and so is told apart from this one. */
export function writeTopicId(disk: Disk, directory: string, topicId: string): void {
  replaceWhole(disk, `${directory}/${FILE}`, Buffer.from(`version: 0\ntopic_id: ${topicId}\n`))
}

/**
 * Makes a directory unfindable at once and durably; its bytes may go later. `why` 'stray' keeps them for a person:
 * data that the metadata does not know is never deleted on our own account.
 */
export function setAside(disk: Disk, directory: string, topicId: string, why: 'deleted' | 'stray'): string {
  const aside = `${directory}.${topicId}${why === 'deleted' ? DELETED_SUFFIX : STRAY_SUFFIX}`
  disk.removeDirectory(aside)
  disk.rename(directory, aside)
  disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')))
  return aside
}

/** Removes what a deletion left behind when the process ended in between. */
export function sweepDeleted(disk: Disk, logDirectory: string): void {
  for (const entry of disk.list(logDirectory)) {
    if (entry.isDirectory && entry.name.endsWith(DELETED_SUFFIX)) disk.removeDirectory(`${logDirectory}/${entry.name}`)
  }
}
