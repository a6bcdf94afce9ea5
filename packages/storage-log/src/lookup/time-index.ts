const ENTRY_BYTES = 12
const FIRST_CAPACITY = 8

/**
 * Sparse map from timestamps to offsets of one segment, held in memory and written out when the segment closes.
 *
 * File `<base offset>.timeindex`, Kafka's format, big-endian: int64 timestamp in ms, int32 (offset − base offset). An
 * entry (T, O) says: the batch that ends in O has the maximum timestamp T, and no record up to O has a later one.
 * Timestamps rise strictly, offsets rise. A cache without checksum, like the offset index.
 */
export class TimeIndex {
  #count = 0
  #timestamps = new Float64Array(0)
  #relativeOffsets = new Int32Array(0)

  get count(): number {
    return this.#count
  }

  get sizeBytes(): number {
    return this.#count * ENTRY_BYTES
  }

  timestamp(entry: number): number {
    return this.#timestamps[entry] as number
  }

  relativeOffset(entry: number): number {
    return this.#relativeOffsets[entry] as number
  }

  /** Ignores a timestamp that is not above the last entry's. */
  maybeAppend(timestamp: number, relativeOffset: number): void {
    if (timestamp < 0) return
    if (this.#count > 0 && timestamp <= this.timestamp(this.#count - 1)) return
    if (this.#count === this.#timestamps.length) this.#grow()
    this.#timestamps[this.#count] = timestamp
    this.#relativeOffsets[this.#count] = relativeOffset
    this.#count++
  }

  /** The last entry with a timestamp < `timestamp`; −1 when there is none. */
  lower(timestamp: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.timestamp(middle) < timestamp) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Drops the entries at or after `relativeOffset`. */
  truncateToOffset(relativeOffset: number): void {
    while (this.#count > 0 && this.relativeOffset(this.#count - 1) >= relativeOffset) this.#count--
  }

  clear(): void {
    this.#count = 0
  }

  /** The entries from `first` on, as the file has them. */
  encode(first = 0): Buffer {
    const bytes = Buffer.allocUnsafe((this.#count - first) * ENTRY_BYTES)
    for (let i = first; i < this.#count; i++) {
      bytes.writeBigInt64BE(BigInt(this.timestamp(i)), (i - first) * ENTRY_BYTES)
      bytes.writeInt32BE(this.relativeOffset(i), (i - first) * ENTRY_BYTES + 8)
    }
    return bytes
  }

  /** Takes the entries up to the first that cannot follow the one before. */
  decode(bytes: Buffer): void {
    const count = Math.floor(bytes.length / ENTRY_BYTES)
    const timestamps = new Float64Array(count)
    const relativeOffsets = new Int32Array(count)
    let used = 0
    for (; used < count; used++) {
      // Two halves: a BigInt for each entry would take ten times as long.
      const at = used * ENTRY_BYTES
      const timestamp = bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
      const offset = bytes.readInt32BE(used * ENTRY_BYTES + 8)
      const rises =
        used === 0 || (timestamp > (timestamps[used - 1] as number) && offset > (relativeOffsets[used - 1] as number))
      if (!rises || timestamp < 0 || offset < 0 || !Number.isSafeInteger(timestamp)) break
      timestamps[used] = timestamp
      relativeOffsets[used] = offset
    }
    this.#timestamps = timestamps
    this.#relativeOffsets = relativeOffsets
    this.#count = used
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, this.#count * 2)
    const timestamps = new Float64Array(capacity)
    const relativeOffsets = new Int32Array(capacity)
    timestamps.set(this.#timestamps)
    relativeOffsets.set(this.#relativeOffsets)
    this.#timestamps = timestamps
    this.#relativeOffsets = relativeOffsets
  }
}
