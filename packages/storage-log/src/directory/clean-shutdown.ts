import { crc32c, type Disk, readWhole, replaceWhole } from '@streambus/base'

const FILE = '.kafka_cleanshutdown'

/**
 * The file that says "everything in this log directory was synced and its checkpoints are true". Written last at a
 * clean stop; taken away, durably, before the first write after a start: otherwise a crash would look clean.
 */
export class CleanShutdownMarker {
  readonly #disk: Disk
  readonly #directory: string
  #wasDamaged = false

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  /** The marker's broker epoch, or null after an unclean stop. Deletes the marker and syncs the directory. */
  take(): { brokerEpoch: number } | null {
    const path = this.path
    if (!this.#disk.exists(path)) return null
    const text = readWhole(this.#disk, path).toString('utf8')
    this.#disk.unlink(path)
    this.#disk.syncDirectory(this.#directory)
    const marker = parseCleanMarker(text)
    this.#wasDamaged = marker === null
    return marker
  }

  /** Whether `take` found a marker that is not to be believed. */
  get wasDamaged(): boolean {
    return this.#wasDamaged
  }

  /** Durable when it returns. Only after all logs were closed clean and all checkpoints were written. */
  write(brokerEpoch: number): void {
    replaceWhole(this.#disk, this.path, Buffer.from(print(brokerEpoch)))
  }

  get path(): string {
    return `${this.#directory}/${FILE}`
  }
}

/** Kafka's JSON, with a checksum that its readers pass over. */
function print(brokerEpoch: number): string {
  const crc = crc32c(Buffer.from(JSON.stringify({ version: 0, brokerEpoch })))
  return JSON.stringify({ version: 0, brokerEpoch, crc32c: crc.toString(16).padStart(8, '0') })
}

/** Null for a text that no clean stop of ours has left as it is. */
export function parseCleanMarker(text: string): { brokerEpoch: number } | null {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('brokerEpoch' in value)) return null
    const brokerEpoch = Number(value.brokerEpoch)
    return Number.isSafeInteger(brokerEpoch) && print(brokerEpoch) === text ? { brokerEpoch } : null
  } catch {
    return null
  }
}
