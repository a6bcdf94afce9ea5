import { dirname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { nodeDisk } from '@streambus/base/node'
import {
  readDirectoryContext,
  type VerifyOptions,
  type VerifyReport,
  verifyLogDirectory,
  verifyPartition
} from '@streambus/storage-log'
import { lockHolder } from '../dump/lock-holder.ts'
import { VerifyOutput } from '../dump/verify-output.ts'
import { findTarget, type VerifyTarget } from '../dump/verify-targets.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call, Io } from '../io.ts'
import { Progress } from '../output/progress.ts'

export interface VerifyLogOptions {
  /** `--no-gaps` */
  readonly gaps?: boolean
  readonly quiet?: boolean
  readonly progress?: boolean
}

/** Nobody reads the output any more: there is no point in going on. */
class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

/** Checks logs without changing anything. */
export async function verifyLog({ io, args, options }: Call<VerifyLogOptions>): Promise<number> {
  const { json = false, quiet = false } = options
  const targets = args.map(findTarget)
  const output = new VerifyOutput(io.stdout, { json, quiet, onlyPath: null })
  let bytes = 0
  const progress = new Progress({
    clock: io.clock,
    sink: io.stderr,
    isShown: options.progress === true || io.stderr.isTty,
    amount: () => ({ records: output.records, bytes })
  })
  const report: VerifyReport = {
    finding: finding => output.finding(finding),
    file: file => output.file(file),
    async progress(more) {
      bytes += more
      await io.stdout.drained()
      if (io.stdout.isBroken) throw new OutputClosed()
      await setImmediate()
    }
  }
  try {
    for (const target of targets) {
      const isLive = sayWhoHolds(io, target)
      await verifyTarget(target, { report, output, verify: { noGaps: options.gaps === false, isLive } })
    }
    output.summary()
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error
  } finally {
    progress.stop()
  }
  if (output.hasDamage) return ExitCode.damaged
  return output.hasUnreadable ? ExitCode.usage : ExitCode.ok
}

async function verifyTarget(
  { kind, directory, onlyPath }: VerifyTarget,
  { report, output, verify }: { report: VerifyReport; output: VerifyOutput; verify: VerifyOptions }
): Promise<void> {
  output.onlyPath = onlyPath
  const disk = nodeDisk
  if (kind === 'log-directory') {
    if (onlyPath !== null) readDirectoryContext(disk, directory, report)
    else await verifyLogDirectory({ ...verify, disk, directory, report, onPartition: facts => output.partition(facts) })
  } else {
    const silent: VerifyReport = { finding: () => {}, file: () => {} }
    const context = readDirectoryContext(disk, dirname(directory), silent)
    const facts = await verifyPartition({ ...verify, disk, directory, report, context })
    if (onlyPath === null) output.partition(facts)
  }
}

function sayWhoHolds(io: Io, { kind, directory }: VerifyTarget): boolean {
  const logDirectory = kind === 'partition' ? dirname(directory) : directory
  const holder = lockHolder(logDirectory)
  if (holder === null) return false
  const what = `${logDirectory} is in use by ${holder}`
  io.stderr.line(`streambus: ${what}: figures of the last segment of each partition may move while they are checked`)
  return true
}
