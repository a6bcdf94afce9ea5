import type { Disk, DiskFile } from '@streambus/base'
import { FileWindow } from './file-window.ts'
import type { Say } from './finding.ts'

export interface EntryFile {
  readonly path: string
  readonly entryBytes: number
  /** Bytes behind the entries that are something else. */
  readonly footerBytes?: number
}

/**
 * The entries of a file of any size, one after the other; `bytes` and `at` say where the current one is. Zeros up to
 * the end of the file are no entries: Kafka keeps the indexes of an active segment at full size.
 */
export class EntryReader {
  readonly path: string
  readonly fileBytes: number
  bytes: Buffer = Buffer.alloc(0)
  /** Byte of the file where the current entry begins. */
  position = 0
  count = 0
  isAtEnd = false
  readonly #file: DiskFile
  readonly #window: FileWindow
  readonly #entryBytes: number
  readonly #endPosition: number
  readonly #say: Say
  #next = 0

  /** Throws DiskError. */
  constructor(disk: Disk, { path, entryBytes, footerBytes = 0 }: EntryFile, say: Say) {
    this.path = path
    this.#entryBytes = entryBytes
    this.#say = say
    this.#file = disk.open(path, { readOnly: true })
    this.fileBytes = this.#file.sizeBytes()
    this.#endPosition = this.fileBytes - footerBytes
    this.#window = new FileWindow(this.#file, this.fileBytes)
  }

  /** False behind the last one. Throws DiskError. */
  next(): boolean {
    if (this.isAtEnd) return false
    this.position = this.#next
    const left = this.#endPosition - this.position
    const bytes = left <= 0 ? null : this.#window.view(this.position, Math.min(left, this.#entryBytes))
    if (bytes === null || (bytes.every(byte => byte === 0) && this.#window.isZeroFrom(this.position)))
      return this.#end()
    if (bytes.length < this.#entryBytes) {
      this.#say('damage', 'bad-index', this.position, `the last entry has ${bytes.length} of ${this.#entryBytes} bytes`)
      return this.#end()
    }
    this.bytes = bytes
    this.#next = this.position + this.#entryBytes
    this.count++
    return true
  }

  close(): void {
    this.isAtEnd = true
    this.#file.close()
  }

  #end(): false {
    this.isAtEnd = true
    return false
  }
}
