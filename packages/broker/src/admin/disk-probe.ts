import { type Clock, type Disk, DiskError, type DiskFile } from '@streambus/base'

const FILE = '.health'
const FILE_BYTES = 32
/** Whoever asks more often gets the last answer: nobody can keep the disk busy by asking for health. */
const REUSE_MS = 1_000
/** What a full disk says; that it is full is noticed elsewhere, by how much is free. */
const SHORTAGE = new Set(['ENOSPC', 'EDQUOT'])

interface Place {
  file: DiskFile | null
  /** The write under way. */
  running: Promise<DiskError | null> | null
  startedMs: number
  last: { readonly error: DiskError | null; readonly endedMs: number } | null
}

/**
 * A small durable write into a log directory, as every producer needs one. On a broker without traffic nothing else
 * would notice a device that is gone. At most one is under way in a directory: while it is, nothing more is written
 * there, because a write into a page that is on its way to a stuck device would block the event loop.
 */
export class DiskProbe {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #places = new Map<string, Place>()
  #isClosed = false

  constructor(disk: Disk, clock: Clock) {
    this.#disk = disk
    this.#clock = clock
  }

  /** Resolves when the write is durable (null), or with what is wrong; never when the device does not answer. */
  probe(directory: string): Promise<DiskError | null> {
    if (this.#isClosed) return Promise.resolve(null)
    const place = this.#placeOf(directory)
    if (place.running !== null) return place.running
    const nowMs = this.#clock.monotonicMs()
    if (place.last !== null && nowMs - place.last.endedMs < REUSE_MS) return Promise.resolve(place.last.error)
    place.startedMs = nowMs
    place.running = this.#write(directory, place).then(error => this.#ended(place, error))
    return place.running
  }

  /** How long the write under way in a directory has taken, in ms; 0 when there is none. */
  runningMs(directory: string, nowMs: number): number {
    const place = this.#places.get(directory)
    return place === undefined || place.running === null ? 0 : nowMs - place.startedMs
  }

  /** Nothing is written any more. A file whose sync is under way is closed when that ends. */
  close(): void {
    this.#isClosed = true
    for (const place of this.#places.values()) if (place.running === null) closeFile(place)
  }

  #placeOf(directory: string): Place {
    const place = this.#places.get(directory) ?? { file: null, running: null, startedMs: 0, last: null }
    this.#places.set(directory, place)
    return place
  }

  async #write(directory: string, place: Place): Promise<DiskError | null> {
    const { promise, resolve } = Promise.withResolvers<DiskError | null>()
    try {
      place.file ??= this.#disk.open(`${directory}/${FILE}`, { create: true })
      // Always the same bytes of the file, so that it needs room only once.
      const text = new Date(this.#clock.wallMs()).toISOString()
      place.file.write([Buffer.from(`${text.padEnd(FILE_BYTES - 1)}\n`)], 0)
      place.file.sync(resolve)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return error
    }
    return promise
  }

  #ended(place: Place, error: DiskError | null): DiskError | null {
    const relevant = error !== null && SHORTAGE.has(error.code) ? null : error
    place.running = null
    place.last = { error: relevant, endedMs: this.#clock.monotonicMs() }
    if (error !== null || this.#isClosed) closeFile(place)
    return relevant
  }
}

function closeFile(place: Place): void {
  const { file } = place
  place.file = null
  try {
    file?.close()
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
  }
}
