const ENTRY_BYTES = 8
const FIRST_CAPACITY = 16

/**
 * Sparse map from offsets to file positions of one segment, held in memory and written out when the segment closes.
 *
 * File `<base offset>.index`, Kafka's format, big-endian: int32 (last offset of a batch − base offset), int32 position
 * where that batch begins. Both rise strictly. There is no checksum: the file is a cache, every entry that is used is
 * compared with the batch it points to, and on doubt the segment is scanned and the index built again.
 */
export class OffsetIndex {
  #count = 0
  /** Pairs (relative offset, position). A partition that is never read far back needs none of it. */
  #pairs = new Int32Array(0)

  get count(): number {
    return this.#count
  }

  get sizeBytes(): number {
    return this.#count * ENTRY_BYTES
  }

  relativeOffset(entry: number): number {
    return this.#pairs[entry * 2] as number
  }

  position(entry: number): number {
    return this.#pairs[entry * 2 + 1] as number
  }

  append(relativeOffset: number, position: number): void {
    const at = this.#count * 2
    if (at === this.#pairs.length) this.#pairs = grown(this.#pairs, at)
    this.#pairs[at] = relativeOffset
    this.#pairs[at + 1] = position
    this.#count++
  }

  /** The last entry with an offset ≤ `relativeOffset`; −1 when there is none. */
  floorByOffset(relativeOffset: number): number {
    return this.#floor(relativeOffset, 0)
  }

  /** The last entry with a position ≤ `position`; −1 when there is none. */
  floorByPosition(position: number): number {
    return this.#floor(position, 1)
  }

  /** Drops every entry whose batch begins at or after `position`. */
  truncateToPosition(position: number): void {
    while (this.#count > 0 && this.position(this.#count - 1) >= position) this.#count--
  }

  clear(): void {
    this.#count = 0
  }

  /** The entries from `first` on, as the file has them. */
  encode(first = 0): Buffer {
    const bytes = Buffer.allocUnsafe((this.#count - first) * ENTRY_BYTES)
    for (let i = first * 2; i < this.#count * 2; i++)
      bytes.writeInt32BE(this.#pairs[i] as number, i * 4 - first * ENTRY_BYTES)
    return bytes
  }

  /**
   * Takes the entries up to the first that cannot belong to a segment of `segmentBytes`: what a crash left of the end
   * of the file is worth keeping.
   */
  decode(bytes: Buffer, segmentBytes: number): void {
    const pairs = new Int32Array(Math.floor(bytes.length / ENTRY_BYTES) * 2)
    let used = 0
    for (; used < pairs.length; used += 2) {
      const offset = bytes.readInt32BE(used * 4)
      const position = bytes.readInt32BE(used * 4 + 4)
      const rises = used === 0 || (offset > (pairs[used - 2] as number) && position > (pairs[used - 1] as number))
      if (!rises || offset < 0 || position < 0 || position >= segmentBytes) break
      pairs[used] = offset
      pairs[used + 1] = position
    }
    this.#pairs = pairs
    this.#count = used / 2
  }

  #floor(target: number, column: 0 | 1): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#pairs[middle * 2 + column] as number) <= target) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

function grown(pairs: Int32Array<ArrayBuffer>, used: number): Int32Array<ArrayBuffer> {
  const next = new Int32Array(Math.max(FIRST_CAPACITY, used * 2))
  next.set(pairs)
  return next
}
