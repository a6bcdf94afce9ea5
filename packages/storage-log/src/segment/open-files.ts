/** A file that can be closed and opened again without anybody noticing. Links belong to OpenFiles. */
export interface OpenFile {
  newer: OpenFile | null
  older: OpenFile | null
  /**
   * Closes the handle if that loses nothing, and says so. A handle with unsynced writes stays: closing it could lose
   * the report of a failed write-back. Such a file asks for a sync, so that it can be closed next time.
   */
  tryEvict(): boolean
}

/** How many of the oldest files are asked at most when one too many is open. */
const CANDIDATES_MAX = 16

/**
 * The open files of all logs of a broker, least recently used first, so that many partitions do not exhaust the
 * descriptors. The limit is soft by the files that cannot be closed at the moment.
 */
export class OpenFiles {
  readonly #max: number
  #count = 0
  #newest: OpenFile | null = null
  #oldest: OpenFile | null = null

  /** `max`: files that may be open at once, at least 1. */
  constructor(max: number) {
    this.#max = max
  }

  get count(): number {
    return this.#count
  }

  opened(file: OpenFile): void {
    this.#link(file)
    this.#count++
    if (this.#count > this.#max) this.#evict(file)
  }

  used(file: OpenFile): void {
    if (this.#newest === file) return
    this.#unlink(file)
    this.#link(file)
  }

  closed(file: OpenFile): void {
    this.#unlink(file)
    this.#count--
  }

  #evict(opened: OpenFile): void {
    let candidate = this.#oldest
    for (let asked = 0; asked < CANDIDATES_MAX && this.#count > this.#max; asked++) {
      if (candidate === null || candidate === opened) return
      const next: OpenFile | null = candidate.newer
      candidate.tryEvict()
      candidate = next
    }
  }

  #link(file: OpenFile): void {
    file.older = this.#newest
    file.newer = null
    if (this.#newest !== null) this.#newest.newer = file
    this.#newest = file
    this.#oldest ??= file
  }

  #unlink(file: OpenFile): void {
    if (file.newer === null) this.#newest = file.older
    else file.newer.older = file.older
    if (file.older === null) this.#oldest = file.newer
    else file.older.newer = file.newer
    file.newer = null
    file.older = null
  }
}
