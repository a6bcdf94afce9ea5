import { DiskError } from '@streambus/base'
import { BALLAST_BYTES, type Ballast } from '@streambus/storage-log'

/** Where the disk watch and the partitions meet: how well one log directory can be written to at present. */
export class DirectoryState {
  readonly path: string
  #stallRefusal: string | null = null
  #spaceRefusal: string | null = null
  #stallWarning: string | null = null
  #spaceWarning: string | null = null

  readonly #ballast: Ballast
  #isRoomWanted = false
  #isRoomKept = false

  /** `ballast` has been dropped: a start needs the room. */
  constructor(path: string, ballast: Ballast) {
    this.path = path
    this.#ballast = ballast
  }

  /** Gives up the room that is kept for what frees space or must not fail. False when it was given up before. */
  giveRoom(): boolean {
    if (!this.#isRoomKept) return false
    this.#ballast.drop()
    this.#isRoomKept = false
    return true
  }

  /** Keeps room, if there is more than just that. Producers are refused until then, or they would take it. */
  keepRoom(availableBytes: number): void {
    this.#isRoomWanted = true
    if (!this.#isRoomKept && availableBytes >= 2 * BALLAST_BYTES) this.#isRoomKept = this.#ballast.takeOn()
  }

  /** Why producers are refused, as a sentence for them and for the operator; null while they are served. */
  get refusal(): string | null {
    return this.#stallRefusal ?? this.#spaceRefusal ?? this.#noRoomKept()
  }

  /** What the operator should look at; null when there is nothing. */
  get warning(): string | null {
    return this.#stallWarning ?? this.#spaceWarning
  }

  /** A sync is overdue: who syncs here and waits for it would stop the event loop for as long. */
  get isStalled(): boolean {
    return this.#stallWarning !== null || this.#stallRefusal !== null
  }

  /** Throws DiskError while a sync is overdue: for what must not wait for another one. */
  checkSyncs(): void {
    if (!this.isStalled) return
    const message = this.#stallRefusal ?? this.#stallWarning ?? ''
    throw new DiskError({ code: 'ETIMEDOUT', operation: 'fdatasync', path: this.path, message })
  }

  #noRoomKept(): string | null {
    if (this.#isRoomKept || !this.#isRoomWanted) return null
    const why = 'the disk is full, and the room that is kept for freeing space is in use'
    return `${this.path}: ${why}: writes are refused, reads go on; free ${2 * BALLAST_BYTES} bytes or shorten retention`
  }

  setStall(warning: string | null, refusal: string | null): void {
    this.#stallWarning = warning
    this.#stallRefusal = refusal
  }

  setSpace(warning: string | null, refusal: string | null): void {
    this.#spaceWarning = warning
    this.#spaceRefusal = refusal
  }
}
