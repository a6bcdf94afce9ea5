import {
  type Clock,
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskSpace,
  type OpenOptions
} from '@streambus/base'
import type { BrokerMetrics, Gauge, Histogram } from '@streambus/metrics'
import { SLOW_STORAGE_MS, slowStorage } from './bind-log.ts'
import type { Log } from './log.ts'
import type { RepeatedLines } from './repeated-lines.ts'

const TIMED = ['open', 'rename', 'unlink', 'sync', 'sync_directory'] as const
type Timed = (typeof TIMED)[number]

/** What is asked to find out whether it is there. */
const EXPECTED: ReadonlySet<string> = new Set(['ENOENT', 'EEXIST', 'ELOCKED'])

export interface MeasuredDiskOptions {
  readonly clock: Clock
  /** Hears how long each operation took that is timed here. */
  readonly onTimed?: (op: string, ms: number, path: string) => void
}

/**
 * A disk that counts what fails, and times what may wait for the device on the event loop. Reads and writes are not
 * timed here: their logs do that, a batch at a time. Nothing else of the disk changes, errors included.
 */
export class MeasuredDisk implements Disk {
  readonly #disk: Disk
  readonly #gauge: DiskGauge

  constructor(disk: Disk, metrics: BrokerMetrics, options: MeasuredDiskOptions) {
    this.#disk = disk
    this.#gauge = new DiskGauge(metrics, options)
  }

  open(path: string, options?: OpenOptions): DiskFile {
    return new MeasuredFile(
      this.#gauge.timed('open', path, () => this.#disk.open(path, options)),
      this.#gauge
    )
  }

  exists(path: string): boolean {
    return this.#gauge.watched(() => this.#disk.exists(path))
  }

  sizeOf(path: string): number | null {
    return this.#gauge.watched(() => this.#disk.sizeOf(path))
  }

  list(directory: string): readonly DirectoryEntry[] {
    return this.#gauge.watched(() => this.#disk.list(directory))
  }

  makeDirectory(path: string): void {
    this.#gauge.watched(() => this.#disk.makeDirectory(path))
  }

  rename(from: string, to: string): void {
    this.#gauge.timed('rename', to, () => this.#disk.rename(from, to))
  }

  unlink(path: string): void {
    this.#gauge.timed('unlink', path, () => this.#disk.unlink(path))
  }

  removeDirectory(path: string): void {
    this.#gauge.watched(() => this.#disk.removeDirectory(path))
  }

  syncDirectory(path: string): void {
    this.#gauge.timed('sync_directory', path, () => this.#disk.syncDirectory(path))
  }

  space(directory: string): DiskSpace {
    return this.#gauge.watched(() => this.#disk.space(directory))
  }

  lock(path: string): { release(): void } {
    return this.#gauge.watched(() => this.#disk.lock(path))
  }
}

/** The disk that the broker uses: measured, and told of where it is slow, unless metrics are off. */
export function measuredDisk(
  disk: Disk,
  parts: {
    readonly metrics: BrokerMetrics
    readonly clock: Clock
    readonly log: Log
    readonly repeated: RepeatedLines
  }
): Disk {
  const { metrics, clock, log, repeated } = parts
  if (!metrics.isEnabled) return disk
  const slow = slowStorage(log.named('disk'), repeated)
  return new MeasuredDisk(disk, metrics, {
    clock,
    onTimed: (op, ms, path) => void (ms > SLOW_STORAGE_MS && slow(op, ms, path))
  })
}

class DiskGauge {
  readonly #metrics: BrokerMetrics
  readonly #clock: Clock
  readonly #onTimed: (op: string, ms: number, path: string) => void
  readonly #times: Record<Timed, Histogram>
  /** Syncs that do not block the event loop. */
  readonly syncs: Gauge

  constructor(metrics: BrokerMetrics, { clock, onTimed = () => {} }: MeasuredDiskOptions) {
    this.#metrics = metrics
    this.#clock = clock
    this.#onTimed = onTimed
    const { storageIo, storageErrors, storageInFlight } = metrics.cells
    this.syncs = storageInFlight.child('sync')
    this.#times = Object.fromEntries(TIMED.map(op => [op, storageIo.child(op)])) as Record<Timed, Histogram>
    // At zero from the start, so that the first one is seen as a rise.
    storageErrors.child('write', 'ENOSPC')
    for (const op of ['read', 'write', 'fdatasync']) storageErrors.child(op, 'EIO')
  }

  timed<T>(op: Timed, path: string, run: () => T): T {
    const startedMs = this.#clock.monotonicMs()
    const result = this.watched(run)
    const tookMs = this.#clock.monotonicMs() - startedMs
    this.#times[op].observe(tookMs / 1000)
    this.#onTimed(op, tookMs, path)
    return result
  }

  watched<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  failed(error: unknown): void {
    if (!(error instanceof DiskError) || EXPECTED.has(error.code)) return
    this.#metrics.cells.storageErrors.child(error.operation, error.code).add(1)
  }
}

class MeasuredFile implements DiskFile {
  readonly path: string
  readonly #file: DiskFile
  readonly #gauge: DiskGauge

  constructor(file: DiskFile, gauge: DiskGauge) {
    this.path = file.path
    this.#file = file
    this.#gauge = gauge
  }

  // Every batch passes here: no closure.
  write(parts: readonly Uint8Array[], position: number): void {
    try {
      this.#file.write(parts, position)
    } catch (error) {
      this.#gauge.failed(error)
      throw error
    }
  }

  read(target: Uint8Array, position: number): number {
    try {
      return this.#file.read(target, position)
    } catch (error) {
      this.#gauge.failed(error)
      throw error
    }
  }

  sync(done: (error: DiskError | null) => void): void {
    this.#gauge.syncs.value++
    this.#file.sync(error => {
      this.#gauge.syncs.value--
      if (error !== null) this.#gauge.failed(error)
      done(error)
    })
  }

  syncNow(): void {
    this.#gauge.timed('sync', this.path, () => this.#file.syncNow())
  }

  truncate(sizeBytes: number): void {
    this.#gauge.watched(() => this.#file.truncate(sizeBytes))
  }

  sizeBytes(): number {
    return this.#gauge.watched(() => this.#file.sizeBytes())
  }

  close(): void {
    this.#gauge.watched(() => this.#file.close())
  }
}
