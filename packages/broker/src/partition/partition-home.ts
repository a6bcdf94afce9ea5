import type { Disk } from '@streambus/base'
import type { LogDirectory } from '@streambus/storage-log'
import type { TopicImage } from '../controller/image.ts'
import { readTopicId, setAside } from './partition-files.ts'

/** The log of a partition is not where the metadata says. It stays offline: beginning anew would lose it silently. */
export class PartitionMissing extends Error {
  override readonly name = 'PartitionMissing'
}

export interface PartitionHomesOptions {
  readonly disk: Disk
  readonly directories: readonly LogDirectory[]
  /** The id in its meta.properties. */
  readonly idOf: (directory: LogDirectory) => string
  /** Ids of directories whose loss the operator has accepted (`log.dirs.lost`). */
  readonly lostIds: ReadonlySet<string>
  readonly onStray: (directory: string) => void
}

/** Finds the log directory of a partition; the metadata has the last word (KIP-858). */
export class PartitionHomes {
  readonly #options: PartitionHomesOptions

  constructor(options: PartitionHomesOptions) {
    this.#options = options
  }

  /**
   * `directoryId`: where the metadata has it; '' when that is still open, undefined when it was written before that was
   * recorded. Null: nowhere yet, it may begin in any directory. Throws PartitionMissing, DiskError.
   */
  find(topic: TopicImage, index: number, directoryId: string | undefined): LogDirectory | null {
    const { directories, idOf, lostIds } = this.#options
    const holders = this.#holders(topic, index)
    const named = directories.find(directory => idOf(directory) === directoryId)
    if (named !== undefined && holders.includes(named)) {
      for (const other of holders) if (other !== named) this.#setAside(other.partitionPath(topic.name, index), topic.id)
      return named
    }
    const isOpen = directoryId === undefined || directoryId === '' || lostIds.has(directoryId)
    if (named === undefined && !isOpen) throw this.#missing(topic, index, directoryId)
    const [holder, second] = holders
    if (holder !== undefined && second !== undefined) {
      const paths = holders.map(({ path }) => path).join(' and ')
      const both = `${paths} both hold ${topic.name}-${index}, and the metadata names neither`
      throw new PartitionMissing(`${both}: move one of them out of log.dirs and restart`)
    }
    // Somebody has moved it while the broker was down.
    if (holder !== undefined) return holder
    if (directoryId === undefined) {
      const nowhere = `no log directory holds ${topic.name}-${index}`
      throw new PartitionMissing(`${nowhere}: bring the one that does back and restart, or delete the topic`)
    }
    // Created, and then a crash came before its first file.
    return named ?? null
  }

  #holders(topic: TopicImage, index: number): LogDirectory[] {
    const { disk, directories } = this.#options
    return directories.filter(directory => {
      const path = directory.partitionPath(topic.name, index)
      if (!disk.exists(path)) return false
      const id = readTopicId(disk, path)
      if (id === null || id === topic.id) return true
      // An older topic of this name whose deletion was not finished, or metadata that was lost: kept for a person.
      this.#setAside(path, id)
      return false
    })
  }

  #setAside(path: string, topicId: string): void {
    this.#options.onStray(setAside(this.#options.disk, path, topicId, 'stray'))
  }

  #missing(topic: TopicImage, index: number, directoryId: string): PartitionMissing {
    const { directories, idOf } = this.#options
    const present = directories.map(directory => `${directory.path} (${idOf(directory)})`).join(', ')
    const what = `${topic.name}-${index} is in the log directory with id ${directoryId}, log.dirs has ${present}`
    const wayOut = `if it is lost for good, set log.dirs.lost=${directoryId}, and what was in it begins anew, empty`
    return new PartitionMissing(`${what}: mount it again or add it to log.dirs, and restart; ${wayOut}`)
  }
}
