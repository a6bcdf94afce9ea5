import type { DiskFile } from '@streambus/base'

const WINDOW_BYTES = 1024 * 1024

/**
 * Reads a file from front to back, a mebibyte at a time, and shows parts of it without copying them. Grows for a part
 * that is larger, up to the limit.
 */
export class FileWindow {
  readonly fileBytes: number
  readonly #file: DiskFile
  readonly #bytesMax: number
  #window: Buffer
  #start = 0
  #bytes = 0

  constructor(file: DiskFile, fileBytes: number, bytesMax = WINDOW_BYTES) {
    this.#file = file
    this.fileBytes = fileBytes
    this.#bytesMax = bytesMax
    this.#window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, fileBytes))
  }

  /**
   * `bytes` bytes from `position`, fewer at the end of the file; valid until the next call. Null when that is above
   * the limit. Throws DiskError.
   */
  view(position: number, bytes: number): Buffer | null {
    const wanted = Math.min(bytes, this.fileBytes - position)
    if (wanted <= 0) return this.#window.subarray(0, 0)
    const inWindow = position - this.#start
    if (inWindow < 0 || inWindow + wanted > this.#bytes) {
      if (wanted > Math.max(WINDOW_BYTES, this.#bytesMax)) return null
      if (wanted > this.#window.length) this.#window = Buffer.allocUnsafe(wanted)
      this.#start = position
      this.#bytes = this.#file.read(this.#window, position)
    }
    const at = position - this.#start
    return this.#window.subarray(at, Math.min(at + wanted, this.#bytes))
  }

  /** Whether all bytes from `position` on are zero: what preallocation and power cuts leave. Throws DiskError. */
  isZeroFrom(position: number): boolean {
    for (let at = position; at < this.fileBytes; at += WINDOW_BYTES) {
      const bytes = this.view(at, WINDOW_BYTES)
      if (bytes === null) return false
      for (const byte of bytes) if (byte !== 0) return false
    }
    return true
  }
}
