import { type Disk, DiskError, type DiskFile } from '@streambus/base'
import { isShortage } from '../errors.ts'

const FILE = '.ballast'
export const BALLAST_BYTES = 1024 * 1024

/**
 * Room on a full disk for the few kilobytes that a start or a stop must write: a file that is there for nothing but
 * to be dropped. Without it a broker that filled its disk could not come back to serve its readers.
 */
export class Ballast {
  readonly #disk: Disk
  readonly #directory: string

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  drop(): void {
    if (this.#disk.exists(this.#path)) this.#disk.unlink(this.#path)
  }

  /** False when there is no room for it now. Throws any other DiskError. */
  takeOn(): boolean {
    let file: DiskFile | null = null
    try {
      file = this.#disk.open(this.#path, { create: true })
      // Written, not only sized: a hole in a file reserves nothing.
      file.write([Buffer.alloc(BALLAST_BYTES)], 0)
      return true
    } catch (error) {
      if (!(error instanceof DiskError) || !isShortage(error)) throw error
      file?.close()
      file = null
      this.drop()
      return false
    } finally {
      file?.close()
    }
  }

  get #path(): string {
    return `${this.#directory}/${FILE}`
  }
}
