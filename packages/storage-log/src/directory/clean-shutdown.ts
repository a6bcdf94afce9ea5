import { type Disk, readWhole, replaceWhole } from '@streambus/base'

const FILE = '.kafka_cleanshutdown'

/**
 * The file that says "everything in this log directory was synced and its checkpoints are true". Written last at a
 * clean stop; taken away, durably, before the first write after a start: otherwise a crash would look clean.
 */
export class CleanShutdownMarker {
  readonly #disk: Disk
  readonly #directory: string

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  /** The marker's broker epoch, or null after an unclean stop. Deletes the marker and syncs the directory. */
  take(): { brokerEpoch: number } | null {
    const path = this.#path
    if (!this.#disk.exists(path)) return null
    const text = readWhole(this.#disk, path).toString('utf8')
    this.#disk.unlink(path)
    this.#disk.syncDirectory(this.#directory)
    return parse(text)
  }

  /** Durable when it returns. Only after all logs were closed clean and all checkpoints were written. */
  write(brokerEpoch: number): void {
    replaceWhole(this.#disk, this.#path, Buffer.from(JSON.stringify({ version: 0, brokerEpoch })))
  }

  get #path(): string {
    return `${this.#directory}/${FILE}`
  }
}

function parse(text: string): { brokerEpoch: number } | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('brokerEpoch' in value)) return null
    return Number.isSafeInteger(value.brokerEpoch) ? { brokerEpoch: Number(value.brokerEpoch) } : null
  } catch {
    return null
  }
}
