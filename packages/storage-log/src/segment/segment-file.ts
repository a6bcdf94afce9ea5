import { assert, type Disk, type DiskError, type DiskFile } from '@streambus/base'
import type { OpenFile, OpenFiles } from './open-files.ts'

export interface SegmentFileOptions {
  readonly disk: Disk
  readonly path: string
  readonly openFiles: OpenFiles
  /** The handle was closed to make room: memory that can be had again may go as well. */
  readonly onEvicted: () => void
  /** The handle cannot be closed before a sync. */
  readonly onSyncWanted: () => void
}

/** The handle of one data file: opened when it is needed, closed when others need it more. */
export class SegmentFile implements OpenFile {
  newer: OpenFile | null = null
  older: OpenFile | null = null
  readonly path: string
  readonly #options: SegmentFileOptions
  #handle: DiskFile | null = null
  /** Writes since creation, and how many of them a completed sync covers. */
  #writes = 0
  #syncedWrites = 0
  #syncsUnderWay = 0
  #isCloseWanted = false

  constructor(options: SegmentFileOptions) {
    this.path = options.path
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#handle !== null
  }

  /** For reading at once; not to be kept. Throws DiskError. */
  get handle(): DiskFile {
    const { openFiles } = this.#options
    if (this.#handle !== null) openFiles.used(this)
    else {
      this.#handle = this.#options.disk.open(this.path)
      openFiles.opened(this)
    }
    return this.#handle
  }

  create(): void {
    assert(this.#handle === null, 'a file is created once')
    this.#handle = this.#options.disk.open(this.path, { create: true })
    this.#options.openFiles.opened(this)
  }

  /** Throws DiskError; then the bytes from `position` on are unknown. */
  write(parts: readonly Uint8Array[], position: number): void {
    const { handle } = this
    this.#writes++
    handle.write(parts, position)
  }

  truncate(sizeBytes: number): void {
    const { handle } = this
    this.#writes++
    handle.truncate(sizeBytes)
  }

  sync(done: (error: DiskError | null) => void): void {
    const { handle } = this
    const covered = this.#writes
    this.#syncsUnderWay++
    handle.sync(error => {
      this.#syncsUnderWay--
      if (error === null) this.#syncedWrites = Math.max(this.#syncedWrites, covered)
      if (this.#isCloseWanted) this.close()
      done(error)
    })
  }

  syncNow(): void {
    this.handle.syncNow()
    this.#syncedWrites = this.#writes
  }

  tryEvict(): boolean {
    if (this.#syncsUnderWay > 0) return false
    if (this.#syncedWrites < this.#writes) {
      this.#options.onSyncWanted()
      return false
    }
    this.close()
    this.#options.onEvicted()
    return true
  }

  /** A descriptor must not be closed under a running sync: the number could be another file's by then. */
  close(): void {
    this.#isCloseWanted = this.#syncsUnderWay > 0
    if (this.#handle === null || this.#isCloseWanted) return
    this.#handle.close()
    this.#handle = null
    this.#options.openFiles.closed(this)
  }
}
