import { DiskError } from '@streambus/base'
import type { Ballast } from '@streambus/storage-log'

/** Where the disk watch and the partitions meet: how well one log directory can be written to at present. */
export class DirectoryState {
  readonly path: string
  #stallRefusal: string | null = null
  #spaceRefusal: string | null = null
  #stallWarning: string | null = null
  #spaceWarning: string | null = null
  #fullRefusal: string | null = null
  #failing: string | null = null
  #failedWriteCount = 0
  readonly #ballast: Ballast

  constructor(path: string, ballast: Ballast) {
    this.path = path
    this.#ballast = ballast
  }

  /** Gives up the room that is kept for what frees space or must not fail. False when it was given up before. */
  giveRoom(): boolean {
    return this.#ballast.give()
  }

  /** Why producers are refused, as a sentence for them and for the operator; null while they are served. */
  get refusal(): string | null {
    return this.#stallRefusal ?? this.#fullRefusal ?? this.#spaceRefusal
  }

  /** What the operator should look at; null when there is nothing. */
  get warning(): string | null {
    return this.#stallWarning ?? this.#spaceWarning
  }

  /** A sync is overdue: who syncs here and waits for it would stop the event loop for as long. */
  get isStalled(): boolean {
    return this.#stallWarning !== null || this.#stallRefusal !== null
  }

  /** The disk is full, and the room that was kept is in use: for what must not take from it. */
  get isFull(): boolean {
    return this.#fullRefusal !== null
  }

  /** Throws DiskError while a sync is overdue: for what must not wait for another one. */
  checkSyncs(): void {
    if (!this.isStalled) return
    const message = this.#stallRefusal ?? this.#stallWarning ?? ''
    throw new DiskError({ code: 'ETIMEDOUT', operation: 'fdatasync', path: this.path, message })
  }

  /** How often a producer's records found no room, although they were not refused beforehand. */
  get failedWriteCount(): number {
    return this.#failedWriteCount
  }

  writeFailed(): void {
    this.#failedWriteCount++
  }

  /** That records find no room, although they are not refused beforehand; null as far as they find it. */
  get failing(): string | null {
    return this.#failing
  }

  setFailing(failing: string | null): void {
    this.#failing = failing
  }

  setStall(warning: string | null, refusal: string | null): void {
    this.#stallWarning = warning
    this.#stallRefusal = refusal
  }

  setFull(refusal: string | null): void {
    this.#fullRefusal = refusal
  }

  setSpace(warning: string | null, refusal: string | null): void {
    this.#spaceWarning = warning
    this.#spaceRefusal = refusal
  }
}
