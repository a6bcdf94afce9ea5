import { readFile } from 'node:fs/promises'
import { parseBootstrap } from '@streambus/wire-client'
import { adminAddress } from '../admin-address.ts'
import { examine, tally } from '../doctor/examine.ts'
import { gather } from '../doctor/gather.ts'
import { printJsonReport, printReport } from '../doctor/report.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { UsageError } from '../usage-error.ts'

export interface DoctorOptions {
  readonly admin: string
  readonly config?: string
  readonly interval: number
}

/** Whoever has not answered by then is in trouble, whatever --timeout allows. */
const LIMIT_MS = 5_000

/** Examines brokers from here. Exit code 1 when a check failed; warnings are for people. */
export async function doctor({ io, options }: Call<DoctorOptions>): Promise<number> {
  const gathered = await gather({
    bootstrap: bootstrapOf(options.bootstrap),
    admin: options.admin === 'none' ? null : adminAddress(options.admin, "HOST:PORT or 'none'"),
    file: options.config === undefined ? null : await fileOf(options.config),
    clock: io.clock,
    limitMs: Math.min(options.timeout, LIMIT_MS),
    intervalMs: options.interval
  })
  const findings = examine(gathered)
  if (options.json) printJsonReport(io.stdout, findings)
  else printReport(io.stdout, findings)
  return tally(findings).failed > 0 ? ExitCode.failure : ExitCode.ok
}

function bootstrapOf(text: string): ReturnType<typeof parseBootstrap> {
  try {
    return parseBootstrap(text)
  } catch (error) {
    throw new UsageError(`--bootstrap: ${(error as Error).message}`)
  }
}

async function fileOf(path: string): Promise<{ readonly path: string; readonly text: string }> {
  try {
    return { path, text: await readFile(path, 'utf8') }
  } catch (error) {
    throw new UsageError(`--config: ${path} cannot be read: ${(error as Error).message}`)
  }
}
