/** What a sync that began at one moment makes durable: the bytes written since the one before, and the size. */
interface Capture {
  readonly from: number
  readonly bytes: Buffer
  readonly size: number
}

/** One file's contents, twice: as the page cache sees them and as the device has them. */
export class MemoryInode {
  #live: Buffer = Buffer.alloc(0)
  #durable: Buffer = Buffer.alloc(0)
  #durableSize = 0
  size = 0
  #dirtyFrom = Number.POSITIVE_INFINITY
  /** Syncs under way, oldest first. A later one that ends first also covers what the earlier ones began with. */
  #captures: Capture[] = []

  get durableSize(): number {
    return this.#durableSize
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    this.#live = grown(this.#live, end)
    this.#live.fill(0, this.size, Math.max(this.size, position))
    this.#live.set(bytes, position)
    this.#dirtyFrom = Math.min(this.#dirtyFrom, position, this.size)
    this.size = Math.max(this.size, end)
  }

  read(target: Uint8Array, position: number): number {
    const end = Math.min(this.size, position + target.length)
    if (end <= position) return 0
    target.set(this.#live.subarray(position, end))
    return end - position
  }

  truncate(size: number): void {
    if (size > this.size) return this.write(Buffer.alloc(size - this.size), this.size)
    this.size = size
    this.#dirtyFrom = Math.min(this.#dirtyFrom, size)
  }

  /** Takes what is written now; the returned function makes it durable. */
  capture(): () => void {
    const from = Math.min(this.#dirtyFrom, this.size)
    const capture = { from, bytes: Buffer.from(this.#live.subarray(from, this.size)), size: this.size }
    this.#captures.push(capture)
    this.#dirtyFrom = Number.POSITIVE_INFINITY
    return () => this.#apply(capture)
  }

  #apply(capture: Capture): void {
    const index = this.#captures.indexOf(capture)
    for (const each of this.#captures.splice(0, index + 1)) {
      this.#durable = grown(this.#durable, each.size)
      this.#durable.set(each.bytes, each.from)
      this.#durableSize = each.size
    }
  }

  dropUnsynced(keepBytes: (unsyncedBytes: number) => number): void {
    const unsynced = Math.max(0, this.size - this.#durableSize)
    const kept = Math.min(unsynced, Math.max(0, keepBytes(unsynced)))
    const size = this.#durableSize + kept
    const next = Buffer.from(this.#live.subarray(0, size))
    const image = Buffer.alloc(size)
    next.copy(image)
    this.#durable.copy(image, 0, 0, this.#durableSize)
    this.#live = image
    this.size = size
    // A page that survived a power cut was on the device.
    this.#durable = Buffer.from(image)
    this.#durableSize = size
    this.#captures = []
    this.#dirtyFrom = Number.POSITIVE_INFINITY
  }
}

/** A directory's names, as seen now and as the device has them. */
export class MemoryDirectory {
  entries = new Map<string, MemoryDirectory | MemoryInode>()
  #durable = new Map<string, MemoryDirectory | MemoryInode>()

  create(name: string): MemoryInode {
    const inode = new MemoryInode()
    this.entries.set(name, inode)
    return inode
  }

  syncEntries(): void {
    this.#durable = new Map(this.entries)
  }

  dropUnsynced(path: string, keep: (path: string, unsyncedBytes: number) => number): void {
    this.entries = new Map(this.#durable)
    for (const [name, node] of this.entries) {
      const child = `${path}/${name}`
      if (node instanceof MemoryDirectory) node.dropUnsynced(child, keep)
      else node.dropUnsynced(unsyncedBytes => keep(child, unsyncedBytes))
    }
  }

  usedBytes(): number {
    let total = 0
    for (const node of this.entries.values()) total += node instanceof MemoryDirectory ? node.usedBytes() : node.size
    return total
  }
}

function grown(buffer: Buffer, size: number): Buffer {
  if (size <= buffer.length) return buffer
  const next = Buffer.alloc(Math.max(size, buffer.length * 2, 256))
  buffer.copy(next)
  return next
}
