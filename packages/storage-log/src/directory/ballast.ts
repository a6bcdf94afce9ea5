import { type Disk, DiskError, type DiskFile } from '@streambus/base'
import { isDiskFull, isShortage } from '../errors.ts'

const FILE = '.ballast'
export const BALLAST_BYTES = 1024 * 1024

/**
 * Room on a full disk for what must be written there: a file that is for nothing but to be dropped. Deleting records
 * and topics writes a few kilobytes first, and so do checkpoints, a start and a stop; without it a broker that filled
 * its disk could neither free it nor come back. Whoever drops it must keep producers away until it is taken on again:
 * they would eat the room, and the next start would find none.
 */
export class Ballast {
  readonly #disk: Disk
  readonly #directory: string
  #isThere: boolean
  #onGiven: () => void = () => {}

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
    this.#isThere = disk.exists(this.#path)
  }

  /** False from a drop until it was taken on again. */
  get isThere(): boolean {
    return this.#isThere
  }

  /** `listener` hears at once when it was given, before anything else can be written. */
  onGiven(listener: () => void): void {
    this.#onGiven = listener
  }

  /**
   * Runs `change`; if the disk is full, once more without the ballast. Only for what keeps the broker operable, is
   * small, and can be run again after it found no room. Throws what `change` throws, and DiskError.
   */
  withRoom<T>(change: () => T): T {
    try {
      return change()
    } catch (error) {
      if (!isDiskFull(error) || !this.give()) throw error
      return change()
    }
  }

  /** The disk is full: drops it. False when it is not there: then there is no more room to be had. Throws DiskError. */
  give(): boolean {
    if (!this.#isThere) return false
    this.drop()
    // Journaling filesystems give blocks back with the commit of what freed them.
    this.#disk.syncDirectory(this.#directory)
    this.#onGiven()
    return true
  }

  drop(): void {
    this.#isThere = false
    if (this.#disk.exists(this.#path)) this.#disk.unlink(this.#path)
  }

  /** False when there is no room for it now. Throws any other DiskError. */
  takeOn(): boolean {
    if (this.#isThere && this.#disk.exists(this.#path)) return true
    this.#isThere = this.#write()
    if (!this.#isThere) this.drop()
    return this.#isThere
  }

  #write(): boolean {
    let file: DiskFile | null = null
    try {
      file = this.#disk.open(this.#path, { create: true })
      file.write([incompressible(BALLAST_BYTES)], 0)
      return true
    } catch (error) {
      if (!(error instanceof DiskError) || !isShortage(error)) throw error
      return false
    } finally {
      file?.close()
    }
  }

  get #path(): string {
    return `${this.#directory}/${FILE}`
  }
}

/** A hole in a file reserves nothing, nor do zeros where the filesystem compresses. Marsaglia's xorshift32. */
function incompressible(sizeBytes: number): Uint8Array {
  const words = new Uint32Array(sizeBytes / 4)
  let word = 2_463_534_242
  for (let i = 0; i < words.length; i++) {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    words[i] = word
  }
  return new Uint8Array(words.buffer)
}
