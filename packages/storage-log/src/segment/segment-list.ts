import { assert, type Clock } from '@streambus/base'
import { SegmentOffline } from '../errors.ts'
import type { Segment } from './segment.ts'

/** How long a segment that could not be read is left alone. */
const OFFLINE_MS = 60_000

/** The index files of a log. */
export interface IndexFiles {
  /** On disk, as far as `measureIndexFiles` knows. */
  readonly indexFileBytes: number
  /** Looks at those that have changed, of one segment in each step. Throws DiskError. */
  measureIndexFiles(): Generator<void, void>
}

/** The segments of one log by base offset; the last one is active. */
export class SegmentList implements IndexFiles {
  readonly #segments: Segment[]
  /** Segments that could not be read, with the cause and the monotonic time from which on they are tried again. */
  readonly #offline = new Map<Segment, { cause: Error; untilMs: number }>()
  readonly #clock: Clock
  #inactiveBytes = 0

  constructor(segments: readonly Segment[], clock: Clock) {
    this.#clock = clock
    assert(segments.length > 0, 'a log has an active segment')
    this.#segments = [...segments]
    this.#countInactive()
  }

  get active(): Segment {
    return this.#segments[this.#segments.length - 1] as Segment
  }

  get first(): Segment {
    return this.#segments[0] as Segment
  }

  get count(): number {
    return this.#segments.length
  }

  get sizeBytes(): number {
    return this.#inactiveBytes + this.active.sizeBytes
  }

  get indexFileBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.indexFileBytes, 0)
  }

  *measureIndexFiles(): Generator<void, void> {
    for (const segment of this.#segments.slice()) if (!segment.measureIndexFiles()) yield
  }

  get all(): readonly Segment[] {
    return this.#segments
  }

  /** Index of the last segment with a base offset ≤ `offset`; 0 when there is none. */
  floorIndex(offset: number): number {
    let low = 0
    let high = this.#segments.length - 1
    if (offset >= (this.#segments[high] as Segment).baseOffset) return high
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#segments[middle] as Segment).baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The segment at `index`, to be read. Throws SegmentOffline when it could not be lately. */
  use(index: number): Segment {
    const segment = this.#segments[index] as Segment
    if (this.#offline.size > 0) this.#checkOnline(segment)
    return segment
  }

  /** `path` could not be read: nothing of its segment is served for a while. Null when no segment is meant. */
  takeOffline(path: string, cause: Error): Segment | null {
    const segment = this.#segments.find(each => each.path === path)
    if (segment === undefined) return null
    this.#offline.set(segment, { cause, untilMs: this.#clock.monotonicMs() + OFFLINE_MS })
    return segment
  }

  /** The new one is active from now on. */
  push(segment: Segment): void {
    assert(segment.baseOffset >= this.active.endOffset, 'segments follow one another')
    this.#segments.push(segment)
    this.#countInactive()
  }

  /** Takes the oldest `count` segments out. */
  removeFirst(count: number): Segment[] {
    const removed = this.#segments.splice(0, count)
    this.#forget(removed)
    return removed
  }

  /** Takes out every segment that begins at or after `offset`; may leave the list empty until `reset`. */
  removeFrom(offset: number): Segment[] {
    let keep = this.#segments.length
    while (keep > 0 && (this.#segments[keep - 1] as Segment).baseOffset >= offset) keep--
    const removed = this.#segments.splice(keep)
    this.#forget(removed)
    return removed
  }

  /** Puts one segment in the place of neighbours, none of which is active. */
  replace(replaced: readonly Segment[], segment: Segment): void {
    const at = this.#segments.indexOf(replaced[0] as Segment)
    assert(at >= 0 && at + replaced.length < this.#segments.length, 'inactive neighbours are replaced')
    this.#segments.splice(at, replaced.length, segment)
    this.#forget(replaced)
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0
  }

  reset(segment: Segment): void {
    assert(this.isEmpty, 'only an empty list is reset')
    this.#segments.push(segment)
    this.#countInactive()
  }

  #checkOnline(segment: Segment): void {
    const offline = this.#offline.get(segment)
    if (offline === undefined) return
    if (this.#clock.monotonicMs() < offline.untilMs) throw new SegmentOffline(segment.path, offline.cause)
    this.#offline.delete(segment)
  }

  #forget(removed: readonly Segment[]): void {
    for (const segment of removed) this.#offline.delete(segment)
    this.#countInactive()
  }

  #countInactive(): void {
    let bytes = 0
    for (let i = 0; i < this.#segments.length - 1; i++) bytes += (this.#segments[i] as Segment).sizeBytes
    this.#inactiveBytes = bytes
  }
}
