import type { BrokerMetrics, Cells, Counter } from '@streambus/metrics'
import { LogCorrupt, type LogProbe } from '@streambus/storage-log'
import type { Log } from './log.ts'
import type { RepeatedLines } from './repeated-lines.ts'

/** What storage takes longer for is a line of its own. */
export const SLOW_STORAGE_MS = 1_000

/** Tells of storage that was slow; `path` where it is known. */
export function slowStorage(log: Log, repeated: RepeatedLines): (op: string, ms: number, path?: string) => void {
  return (op, ms, path) => {
    const fields = { event: 'slow_storage', op, duration_ms: Math.round(ms), ...(path === undefined ? {} : { path }) }
    repeated.write('slow-storage', { log, level: 'warn', message: 'storage was slow', fields })
  }
}

/** Connects the logs of partitions and of the metadata to the metrics and to the operator's log. */
export function bindLog({ cells }: BrokerMetrics, log: Log, repeated: RepeatedLines): LogProbe {
  const slow = slowStorage(log, repeated)
  const flushes = { append: cells.logFlushes.child('append'), limit: cells.logFlushes.child('limit') }
  // At zero from the start, so that the first one is seen as a rise.
  const rebuilds = { missing: cells.indexRebuilds.child('missing'), wrong: cells.indexRebuilds.child('wrong') }
  return {
    opened: (durationMs, directory) => cells.recoveryDuration.child(parentOf(directory)).observe(durationMs / 1000),
    appended(records, bytes, durationMs) {
      cells.messagesStored.value += records
      cells.bytesStored.value += bytes
      cells.logAppend.observe(durationMs / 1000)
      if (durationMs > SLOW_STORAGE_MS) slow('append', durationMs)
    },
    flushed(durationMs, trigger) {
      cells.logFlush.observe(durationMs / 1000)
      flushes[trigger].value++
      if (durationMs > SLOW_STORAGE_MS) slow('flush', durationMs)
    },
    rolled() {
      cells.segmentRolls.add(1)
      log.debug('a log goes on in a new segment', { event: 'segment_rolled' })
    },
    readBytes(bytes, durationMs) {
      cells.logReadBytes.value += bytes
      cells.logRead.observe(durationMs / 1000)
      if (durationMs > SLOW_STORAGE_MS) slow('read', durationMs)
    },
    producersExpired: count => cells.producerExpirations.add(count),
    segmentsDeleted(segments, bytes) {
      cells.segmentsDeleted.add(segments)
      cells.deletedBytes.add(bytes)
      log.debug('segments deleted', { event: 'segments_deleted', segments, bytes })
    },
    indexRebuilt(path, fault) {
      rebuilds[fault].add(1)
      log.info('index rebuilt from its segment', { event: 'index_rebuilt', path, reason: fault })
    },
    recovered(scannedBytes, cutBytes) {
      cells.recoveries.add(1)
      cells.recoveryScannedBytes.add(scannedBytes)
      cells.recoveryCutBytes.add(cutBytes)
      const fields = { event: 'log_recovered', scanned_bytes: scannedBytes, cut_bytes: cutBytes }
      if (cutBytes > 0) log.warn('torn tail cut off after an unclean stop', fields)
      else log.debug('log checked after an unclean stop', fields)
    },
    tailSetAside({ path, bytes, fromOffset, hasBatches }) {
      const fields = { event: 'log_tail_kept', path, bytes, from_offset: fromOffset }
      if (hasBatches) {
        cells.recoveryTailsKept.add(1)
        const message = 'a power cut lost sectors before whole batches that no sync had covered: cut off and kept aside'
        log.error(message, fields)
      } else log.warn('what follows the last valid batch after an unclean stop was cut off and kept aside', fields)
    },
    ...bindDamage(cells, log, repeated),
    diskFull(path) {
      const message = 'disk is full: appends are refused, reads go on; free space or shorten retention'
      repeated.remind(`disk-full ${path}`, { log, level: 'error', message, fields: { event: 'disk_full', path } })
    }
  }
}

/** Of a log: its log directory. */
function parentOf(directory: string): string {
  return directory.slice(0, Math.max(directory.lastIndexOf('/'), 1))
}

function bindDamage(
  cells: Cells,
  log: Log,
  repeated: RepeatedLines
): Pick<LogProbe, 'fileIgnored' | 'holeFound' | 'rangeOffline'> {
  const corruptions = corruptionCounters(cells)
  return {
    fileIgnored({ path, problem, consequence }) {
      corruptions.small_file.add(1)
      const fields = { event: 'damaged_file_ignored', path, problem, consequence }
      log.error('a small file is damaged and counts as missing', fields)
    },
    holeFound({ path, fromOffset, untilOffset }) {
      corruptions.hole.add(1)
      const fields = { event: 'log_hole', path, from_offset: fromOffset, until_offset: untilOffset }
      const message = 'records are missing: a segment file is shorter than it was, or is gone; restore it from a copy'
      log.error(message, fields)
    },
    rangeOffline(path, fromOffset, untilOffset, cause) {
      cells.rangesOffline.add(1)
      if (cause instanceof LogCorrupt) corruptions.range.add(1)
      const fields = {
        event: 'log_range_offline',
        path,
        from_offset: fromOffset,
        until_offset: untilOffset,
        err: cause
      }
      const message = 'records cannot be read: their range is offline, the rest is served'
      repeated.remind(`range-offline ${path}`, { log, level: 'error', message, fields })
    }
  }
}

/** Tells of partitions that cannot be served because of what is wrong with their log. */
export function bindOffline(
  { cells }: BrokerMetrics,
  log: Log
): (topic: string, partition: number, error: Error) => void {
  const corruptions = corruptionCounters(cells)
  return (topic, partition, error) => {
    if (error instanceof LogCorrupt) corruptions.partition.add(1)
    log.error('partition is offline', { event: 'partition_offline', topic, partition, err: error })
  }
}

type Corruption = 'partition' | 'range' | 'hole' | 'small_file'

/** At zero from the start, so that the first one is seen as a rise. */
function corruptionCounters({ logCorruptions }: Cells): Record<Corruption, Counter> {
  return {
    partition: logCorruptions.child('partition'),
    range: logCorruptions.child('range'),
    hole: logCorruptions.child('hole'),
    small_file: logCorruptions.child('small_file')
  }
}
