/**
 * The disk as a parameter. Small writes and reads are synchronous on purpose: a 16 KB write into the page
 * cache costs 4 µs on the event loop and 18 µs through the thread pool (measured, see bench/RESULTS.md).
 * Only `sync` waits for the device, so only `sync` is asynchronous.
 */
export interface DiskFile {
  readonly path: string
  /**
   * Writes all `parts` one after the other at `position`, looping over short writes. Throws DiskError; then the bytes
   * from `position` on are unknown.
   */
  write(parts: readonly Uint8Array[], position: number): void
  /** Fills `target` from `position`; the count of bytes read is smaller only at the end of the file. */
  read(target: Uint8Array, position: number): number
  /**
   * fdatasync. Covers every write that returned before the call. `done` gets the error, or null. Never called
   * re-entrantly.
   */
  sync(done: (error: DiskError | null) => void): void
  /** fdatasync that blocks the loop: start, stop and roll only. */
  syncNow(): void
  truncate(sizeBytes: number): void
  sizeBytes(): number
  close(): void
}

export interface OpenOptions {
  /** Create the file when it is missing. Default false: a missing file is ENOENT. */
  readonly create?: boolean
  readonly readOnly?: boolean
}

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

export interface DiskSpace {
  /** Identifies the filesystem, so that two directories on one device are not counted twice. */
  readonly device: string
  readonly totalBytes: number
  readonly availableBytes: number
  /** Null where the filesystem makes them as needed, or does not tell. */
  readonly inodes: { readonly total: number; readonly free: number } | null
}

export interface Disk {
  open(path: string, options?: OpenOptions): DiskFile
  exists(path: string): boolean
  /** Of a file; null: there is none. */
  sizeOf(path: string): number | null
  /** Entries sorted by name. */
  list(directory: string): readonly DirectoryEntry[]
  /** Recursive; fine when it exists. */
  makeDirectory(path: string): void
  rename(from: string, to: string): void
  /** The name is gone when it returns; the space of a large file may be free only a little later. */
  unlink(path: string): void
  /** Recursive; fine when it is missing. */
  removeDirectory(path: string): void
  /** Without it a created, renamed or unlinked name may be lost by a power cut. */
  syncDirectory(path: string): void
  space(directory: string): DiskSpace
  /**
   * Exclusive lock for this process, by a file in the directory that nothing else opens. Held until `release`, while
   * the caller keeps what is returned. Throws DiskError with code ELOCKED and says who holds it.
   */
  lock(path: string): { release(): void }
}

/** `code` is the operating system's: ENOSPC, EIO, ENOENT, … or ELOCKED. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: string
  readonly operation: string
  readonly path: string

  constructor(options: { code: string; operation: string; path: string; cause?: unknown; message?: string }) {
    super(options.message ?? `${options.operation} ${options.path}: ${options.code}`, { cause: options.cause })
    this.code = options.code
    this.operation = options.operation
    this.path = options.path
  }
}

/** Reads a whole small file. */
export function readWhole(disk: Disk, path: string): Buffer {
  const file = disk.open(path, { readOnly: true })
  try {
    const bytes = Buffer.alloc(file.sizeBytes())
    const count = file.read(bytes, 0)
    return bytes.subarray(0, count)
  } finally {
    file.close()
  }
}

/**
 * Replaces a file as a whole: temp file, fsync, rename, fsync of the directory. After a crash the old or the new
 * content is there, never a mix.
 */
export function replaceWhole(disk: Disk, path: string, bytes: Uint8Array): void {
  const temporary = `${path}.tmp`
  if (disk.exists(temporary)) disk.unlink(temporary)
  const file = disk.open(temporary, { create: true })
  try {
    file.write([bytes], 0)
    file.syncNow()
  } finally {
    file.close()
  }
  disk.rename(temporary, path)
  disk.syncDirectory(path.slice(0, path.lastIndexOf('/')) || '/')
}
