/** What a disk writes as a whole or not at all. */
export const SECTOR_BYTES = 512

/** Numbers changes in the order in which they were made, over all files and directories of one disk. */
export interface Sequence {
  next: number
}

/** A part of the unsynced changes of one file that a power cut may take or leave on its own. */
export interface FileChange {
  readonly sequence: number
  readonly kind: 'sector' | 'size' | 'cut'
  /** The sector's number; the new size in bytes of the other two. */
  readonly value: number
}

/** Whole sectors as the page cache held them after a write: what a write-back would bring to the device. */
interface PendingWrite {
  readonly sequence: number
  readonly from: number
  readonly bytes: Buffer
  /** The size of the file afterwards, or −1 when the write did not change it. */
  readonly newSize: number
}

interface PendingCut {
  readonly sequence: number
  readonly cutTo: number
}

type Pending = PendingWrite | PendingCut

/**
 * One file's contents, twice: as the page cache sees them and as the device has them, with the changes in between in
 * their order. A sector that never reached the device reads as it was there before, or as zeros behind the old end.
 */
export class MemoryInode {
  readonly id: number
  readonly #sequence: Sequence
  #live: Buffer
  #durable: Buffer
  #durableSize: number
  #pending: Pending[] = []
  size: number

  /** `content` is on the device already. */
  constructor(id: number, sequence: Sequence, content: Buffer = Buffer.alloc(0)) {
    this.id = id
    this.#sequence = sequence
    this.#live = content
    this.#durable = content
    this.#durableSize = content.length
    this.size = content.length
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return
    const oldSize = this.size
    const end = position + bytes.length
    this.#ownLive(end)
    this.#live.fill(0, oldSize, Math.max(oldSize, position))
    this.#live.set(bytes, position)
    this.size = Math.max(oldSize, end)
    const from = floorToSector(position)
    const until = Math.min(this.size, floorToSector(end + SECTOR_BYTES - 1))
    const pages = Buffer.from(this.#live.subarray(from, until))
    const newSize = this.size > oldSize ? this.size : -1
    this.#pending.push({ sequence: this.#sequence.next++, from, bytes: pages, newSize })
  }

  read(target: Uint8Array, position: number): number {
    const end = Math.min(this.size, position + target.length)
    if (end <= position) return 0
    target.set(this.#live.subarray(position, end))
    return end - position
  }

  truncate(size: number): void {
    if (size > this.size) return this.write(Buffer.alloc(size - this.size), this.size)
    if (size === this.size) return
    this.size = size
    this.#pending.push({ sequence: this.#sequence.next++, cutTo: size })
  }

  /** Flips one bit, in the page cache and on the device: rot, not a write. */
  flipBit(position: number, bit: number): void {
    const mask = 1 << bit
    this.#ownLive(0)
    if (position < this.size) this.#live[position] = (this.#live[position] as number) ^ mask
    if (position < this.#durableSize) this.#durable[position] = (this.#durable[position] as number) ^ mask
  }

  /** Takes what is written now; `apply` makes it durable, `drop` calls it clean without having written it. */
  capture(): { apply(): void; drop(): void } {
    const until = this.#sequence.next
    return { apply: () => this.#settle(until, true), drop: () => this.#settle(until, false) }
  }

  /** Later syncs that end first have taken the changes of earlier ones along. */
  #settle(until: number, isWritten: boolean): void {
    let count = 0
    for (const change of this.#pending) {
      if (change.sequence >= until) break
      if (isWritten) this.#writeBack(change)
      count++
    }
    this.#pending.splice(0, count)
  }

  #writeBack(change: Pending): void {
    if ('cutTo' in change) {
      this.#durableSize = Math.min(this.#durableSize, change.cutTo)
      return
    }
    const end = change.from + change.bytes.length
    const image = this.#durable === this.#live ? Buffer.from(this.#durable) : this.#durable
    this.#durable = grown(image, end)
    this.#durable.fill(0, this.#durableSize, Math.max(this.#durableSize, change.from))
    this.#durable.set(change.bytes, change.from)
    this.#durableSize = Math.max(this.#durableSize, end)
  }

  /** What a power cut may take or leave, oldest first. */
  changes(): FileChange[] {
    const changes: FileChange[] = []
    for (const pending of this.#pending) {
      const { sequence } = pending
      if ('cutTo' in pending) changes.push({ sequence, kind: 'cut', value: pending.cutTo })
      else {
        const first = pending.from / SECTOR_BYTES
        const count = Math.ceil(pending.bytes.length / SECTOR_BYTES)
        for (let i = 0; i < count; i++) changes.push({ sequence, kind: 'sector', value: first + i })
        if (pending.newSize >= 0) changes.push({ sequence, kind: 'size', value: pending.newSize })
      }
    }
    return changes
  }

  /**
   * The file after a power cut; `survivors` says of each of `changes()` whether the device has it (missing: no). A
   * surviving sector brings the size along that it needs, a new size alone reads as zeros. Cuts go through the
   * filesystem's journal: when anything later survives, so do they.
   */
  image(sequence: Sequence, survivors: readonly boolean[] = []): MemoryInode {
    const lastSurvivor = survivors.lastIndexOf(true)
    const content = new ImageContent(this.#durable.subarray(0, this.#durableSize))
    let index = 0
    for (const pending of lastSurvivor < 0 ? [] : this.#pending) {
      if (index > lastSurvivor) break
      if ('cutTo' in pending) {
        content.cut(pending.cutTo)
        index++
        continue
      }
      for (let at = 0; at < pending.bytes.length; at += SECTOR_BYTES) {
        if (survivors[index++] === true) {
          content.put(pending.bytes.subarray(at, at + SECTOR_BYTES), pending.from + at)
        }
      }
      if (pending.newSize >= 0 && survivors[index++] === true) content.grow(pending.newSize)
    }
    return new MemoryInode(this.id, sequence, content.finish())
  }

  /** The file after a power cut that kept so many of the bytes behind the durable size, and no overwritten ones. */
  imageWithTail(sequence: Sequence, keepBytes: (unsyncedBytes: number) => number): MemoryInode {
    const unsynced = Math.max(0, this.size - this.#durableSize)
    const kept = Math.min(unsynced, Math.max(0, keepBytes(unsynced)))
    const content = Buffer.alloc(this.#durableSize + kept)
    this.#live.copy(content, 0, 0, Math.min(this.size, content.length))
    this.#durable.copy(content, 0, 0, this.#durableSize)
    return new MemoryInode(this.id, sequence, content)
  }

  /** The two contents share one buffer until the first change. */
  #ownLive(size: number): void {
    if (this.#live === this.#durable) this.#live = Buffer.from(this.#live)
    this.#live = grown(this.#live, size)
  }
}

class ImageContent {
  #bytes: Buffer
  #size: number

  constructor(durable: Buffer) {
    this.#bytes = Buffer.from(durable)
    this.#size = durable.length
  }

  put(sector: Buffer, position: number): void {
    this.grow(position + sector.length)
    this.#bytes.set(sector, position)
  }

  grow(size: number): void {
    if (size <= this.#size) return
    this.#bytes = grown(this.#bytes, size)
    this.#bytes.fill(0, this.#size, size)
    this.#size = size
  }

  cut(size: number): void {
    this.#size = Math.min(this.#size, size)
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#size)
  }
}

/** A directory's names, as seen now and as the device has them. */
export class MemoryDirectory {
  readonly entries = new Map<string, MemoryNode>()
  readonly durable = new Map<string, MemoryNode>()

  usedBytes(): number {
    let total = 0
    for (const node of this.entries.values()) total += node instanceof MemoryDirectory ? node.usedBytes() : node.size
    return total
  }
}

export type MemoryNode = MemoryDirectory | MemoryInode

function floorToSector(position: number): number {
  return position - (position % SECTOR_BYTES)
}

function grown(buffer: Buffer, size: number): Buffer {
  if (size <= buffer.length) return buffer
  const next = Buffer.alloc(Math.max(size, buffer.length * 2, 256))
  buffer.copy(next)
  return next
}
