import { dumpCheckpoint, dumpMarker } from '../dump/dump-checkpoint.ts'
import { dumpOffsetIndex, dumpTimeIndex } from '../dump/dump-index.ts'
import { SegmentDump } from '../dump/dump-segment.ts'
import { dumpSnapshot } from '../dump/dump-snapshot.ts'
import { dumpTransactionIndex } from '../dump/dump-transactions.ts'
import { type DumpFile, findFiles } from '../dump/file-kinds.ts'
import { Report } from '../dump/report.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'

export interface DumpLogOptions {
  readonly records?: boolean
  readonly values?: boolean
  readonly quiet?: boolean
}

/** Prints and checks log files; failure when one of them is damaged. */
export async function dumpLog({ io, args, options }: Call<DumpLogOptions>): Promise<number> {
  const { json = false, quiet = false, records = false, values = false } = options
  const report = new Report(io.stdout, { json, quiet })
  for (const file of findFiles(args)) {
    await dumpFile(file, report, { records: records || values, values })
    await report.drained()
    if (report.isBroken) break
  }
  return report.damagedFiles === 0 ? ExitCode.ok : ExitCode.failure
}

async function dumpFile(file: DumpFile, report: Report, options: { records: boolean; values: boolean }): Promise<void> {
  switch (file.kind) {
    case 'log':
      return new SegmentDump(file, report, options).run()
    case 'index':
      return dumpOffsetIndex(file, report)
    case 'timeindex':
      return dumpTimeIndex(file, report)
    case 'snapshot':
      return dumpSnapshot(file, report)
    case 'txnindex':
      return dumpTransactionIndex(file, report)
    case 'clean-marker':
      return dumpMarker(file, report)
    case 'epochs':
    case 'log-start':
    case 'offset-checkpoint':
    case 'manifest':
      return dumpCheckpoint(file, report)
    // findFiles leaves out what says nothing about records.
    case 'other':
  }
}
