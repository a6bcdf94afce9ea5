import { type Disk, readWhole } from '@streambus/base'
import type { MemoryDisk } from '../../../testkit/src/memory-disk.ts'
import { Log, type LogConfig, LogDirectory } from '../../src/index.ts'
import { SILENT_LOG_PROBE } from '../../src/log-probe.ts'
import type { CheckedFile, Finding } from '../../src/verify/finding.ts'
import { verifyLogDirectory } from '../../src/verify/verify-directory.ts'
import type { PartitionFacts } from '../../src/verify/verify-partition.ts'
import { type Made, makeBatch, makeMarker, recompressed } from '../batches.ts'
import { CLIENT, DIRECTORY, newDisk, SMALL, TestClock } from '../helpers.ts'

export interface Verified {
  readonly findings: Finding[]
  readonly files: CheckedFile[]
  readonly partitions: PartitionFacts[]
}

export async function verify(disk: Disk, options: { noGaps?: boolean; isLive?: boolean } = {}): Promise<Verified> {
  const findings: Finding[] = []
  const files: CheckedFile[] = []
  const partitions: PartitionFacts[] = []
  const report = {
    finding: (each: Finding) => void findings.push(each),
    file: (each: CheckedFile) => void files.push(each)
  }
  const onPartition = (facts: PartitionFacts) => void partitions.push(facts)
  await verifyLogDirectory({ disk, directory: '/data', report, onPartition, ...options })
  return { findings, files, partitions }
}

export function damage(verified: Verified): Finding[] {
  return verified.findings.filter(each => each.severity === 'damage')
}

function put(log: Log, made: Made, options = CLIENT): void {
  log.append(made.bytes, 0, made.bytes.length, made.summary, options)
}

/** Several segments with plain, compressed, idempotent and transactional batches, two leader epochs, */
export function fill(log: Log, rounds = 24): void {
  for (let i = 0; i < rounds; i++) {
    const options = { ...CLIENT, leaderEpoch: i < rounds / 2 ? 3 : 5 }
    const codec = (['none', 'gzip', 'zstd'] as const)[i % 3] as 'none' | 'gzip' | 'zstd'
    put(log, recompressed(makeBatch({ timestamps: [1000 + i, 900 + i * 2], valueBytes: 40, tag: i }), codec), options)
    put(log, makeBatch({ timestamps: [2000 + i], producerId: 7, baseSequence: i, valueBytes: 60 }), options)
    const transaction = { producerId: 8 + (i % 2), isTransactional: true, timestamps: [3000 + i] }
    put(log, makeBatch({ ...transaction, baseSequence: Math.floor(i / 2) }), options)
    // Transactions of two producers overlap, and some span segments.
    if (i % 3 === 1)
      put(log, makeMarker(8, 0, 1, i % 2 === 0 ? 'commit' : 'abort'), { ...options, origin: 'coordinator' })
    if (i % 4 === 2) put(log, makeMarker(9, 0, 1, 'abort'), { ...options, origin: 'coordinator' })
  }
}

export interface StoredLog {
  readonly disk: MemoryDisk
  readonly logEndOffset: number
}

/** A log directory with one partition, as a broker leaves it. */
export function storedLog(
  stop: 'clean' | 'crash' = 'clean',
  options: { config?: LogConfig; write?: (log: Log) => void } = {}
): StoredLog {
  const disk = newDisk()
  const directory = LogDirectory.open(disk, '/data')
  const log = Log.open({
    disk,
    directory: DIRECTORY,
    config: options.config ?? SMALL,
    clock: new TestClock(),
    probe: SILENT_LOG_PROBE,
    cleanStart: true,
    onFatal: error => {
      throw error
    }
  })
  ;(options.write ?? fill)(log)
  const { logEndOffset } = log
  if (stop === 'clean') {
    log.closeClean()
    const { recoveryPoint, logStartOffset } = log
    directory.saveCheckpoints([{ topic: 'orders', partition: 0, recoveryPoint, logStartOffset }])
    directory.markClean(4)
  } else log.closeUnclean()
  directory.release()
  return { disk, logEndOffset }
}

export function contents(disk: Disk, name: string): Buffer {
  return readWhole(disk, `${DIRECTORY}/${name}`)
}

export function overwrite(disk: Disk, path: string, bytes: Buffer): void {
  const file = disk.open(path, { create: true })
  file.truncate(0)
  file.write([bytes], 0)
  file.close()
}

export function names(disk: Disk, ending: string): string[] {
  return disk
    .list(DIRECTORY)
    .map(entry => entry.name)
    .filter(name => name.endsWith(ending))
}
