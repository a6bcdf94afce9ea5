import fs from 'node:fs'
import { crc32c } from '@streambus/base'
import { type LogConfig, SILENT_LOG_PROBE } from '@streambus/storage-log'
import { type Context, check, inDirectory, note } from './context.ts'
import { batchOf16, checkWhole, durable, fill, openLog } from './logs.ts'
import { syncFile } from './page-cache.ts'
import { bytesText, type StorageSizes } from './sizes.ts'
import { SparseLog } from './sparse-log.ts'

const BARE_CHUNK_BYTES = 1024 * 1024
/** As much as a segment can be: one size for the logs whose older data is all in the active segment. */
const SEGMENT_BYTES_MAX = 2 ** 31 - 1

/** A log directory as a power cut leaves it. */
interface Crashed {
  readonly directory: string
  readonly config: Partial<LogConfig>
  readonly activePath: string
  readonly recoveryPoint: number
  readonly endOffset: number
  /** Of the active segment: what lies above the recovery point. */
  readonly unsynced: { readonly position: number; readonly bytes: number }
}

interface CrashShape {
  readonly olderBytes: number
  readonly unsyncedBytes: number
  /** Where the older data is: in closed segments (as far as they go), or all of it in the active one. */
  readonly olderIn: 'closed segments' | 'active segment'
}

/** Older data in closed segments is mostly hole (see SparseLog): a recovery that read it would fail there. */
async function crash(directory: string, shape: CrashShape, sizes: StorageSizes['recovery']): Promise<Crashed> {
  const batch = batchOf16()
  const isClosed = shape.olderIn === 'closed segments'
  const closedBytes = isClosed ? Math.floor(shape.olderBytes / sizes.segmentBytes) * sizes.segmentBytes : 0
  if (closedBytes > 0) {
    const sparse = new SparseLog(directory, { logBytes: closedBytes, segmentBytes: sizes.segmentBytes })
    sparse.addEmptySegment()
    sparse.close()
  }
  const config = { segmentBytes: SEGMENT_BYTES_MAX }
  const log = openLog(directory, { config })
  const start = log.logEndOffset
  fill(log, batch, shape.olderBytes - closedBytes)
  await durable(log)
  log.saveCaches() // as the broker does before each checkpoint
  const recoveryPoint = log.durableEndOffset
  const position = log.activeSegment.sizeBytes
  fill(log, batch, shape.unsyncedBytes)
  const endOffset = log.logEndOffset
  if (closedBytes === 0) checkWhole(log, (endOffset - start) / batch.recordCount)
  const bytes = log.activeSegment.sizeBytes - position
  const activePath = log.activeSegment.path
  log.closeUnclean()
  // What is dirty now would be written out while the recovery is measured.
  syncFile(activePath)
  return { directory, config, activePath, recoveryPoint, endOffset, unsynced: { position, bytes } }
}

function recover(crashed: Crashed): number {
  const { directory, config, recoveryPoint, endOffset, unsynced } = crashed
  let scannedBytes = -1
  const probe = {
    ...SILENT_LOG_PROBE,
    recovered: (scanned: number, cut: number) => {
      scannedBytes = scanned
      check(cut === 0, `a recovery cut ${cut} bytes of a whole log`)
    }
  }
  const startMs = performance.now()
  const log = openLog(directory, { config, probe, recoveryPoint, cleanStart: false })
  const ms = performance.now() - startMs
  check(log.logEndOffset === endOffset, `the recovered log ends at ${log.logEndOffset}, not at ${endOffset}`)
  check(scannedBytes === unsynced.bytes, `${scannedBytes} bytes were checked, ${unsynced.bytes} were unsynced`)
  log.closeUnclean()
  return ms
}

/** Reads the unsynced bytes, computes a checksum, writes them again and syncs: what recovery cannot do without. */
function recoverBare({ activePath, unsynced }: Crashed): number {
  const chunk = Buffer.allocUnsafeSlow(BARE_CHUNK_BYTES)
  const startMs = performance.now()
  const fd = fs.openSync(activePath, 'r+')
  const end = unsynced.position + unsynced.bytes
  let crc = 0
  let bytes = 0
  for (let at = unsynced.position; at < end; at += chunk.length) {
    const count = fs.readSync(fd, chunk, 0, Math.min(chunk.length, end - at), at)
    crc = crc32c(chunk.subarray(0, count), crc)
    bytes += fs.writeSync(fd, chunk, 0, count, at)
  }
  fs.fdatasyncSync(fd)
  fs.closeSync(fd)
  check(crc !== 0 && bytes === unsynced.bytes, `${bytes} bytes were written again, not ${unsynced.bytes}`)
  return performance.now() - startMs
}

function shapesOf({ unsyncedBytes, olderBytes }: StorageSizes['recovery']): CrashShape[] {
  const [firstOlder = 0] = olderBytes
  const fixed = unsyncedBytes[1] ?? 0
  const fitsActive = olderBytes.filter(bytes => bytes + fixed < SEGMENT_BYTES_MAX && bytes !== firstOlder)
  return [
    ...unsyncedBytes.map(bytes => ({
      olderBytes: firstOlder,
      unsyncedBytes: bytes,
      olderIn: 'active segment' as const
    })),
    ...fitsActive.map(bytes => ({ olderBytes: bytes, unsyncedBytes: fixed, olderIn: 'active segment' as const })),
    ...olderBytes
      .filter(bytes => bytes !== firstOlder)
      .map(bytes => ({ olderBytes: bytes, unsyncedBytes: fixed, olderIn: 'closed segments' as const }))
  ]
}

/** Time of an unclean start: it may grow with what was unsynced, not with how much is there. */
export async function benchRecovery(context: Context): Promise<void> {
  const { figures, progress, sizes } = context
  for (const shape of shapesOf(sizes.recovery)) {
    const { unsyncedBytes, olderBytes, olderIn } = shape
    const name = `recover ${bytesText(unsyncedBytes)} above ${bytesText(olderBytes)} in ${olderIn}`
    await inDirectory('recovery', async directory => {
      progress(`${name}: building`)
      const crashed = await crash(`${directory}/recovery-0`, shape, sizes.recovery)
      recover(crashed)
      for (let repeat = 1; repeat <= sizes.repeats; repeat++) {
        note(figures, { name, system: 'bare' }, { unit: 'ms', value: recoverBare(crashed) })
        note(figures, { name, system: 'log' }, { unit: 'ms', value: recover(crashed) })
      }
    })
  }
}
