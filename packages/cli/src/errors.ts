import { BrokerError, WireError } from '@streambus/wire-client'
import { ExitCode } from './exit-codes.ts'
import { InterruptedError } from './interrupted-error.ts'
import type { Io } from './io.ts'
import { UnreachableError } from './unreachable-error.ts'
import { UsageError } from './usage-error.ts'

interface Report {
  readonly exitCode: number
  readonly code: string
  readonly message: string
}

/** What went wrong, for people and for scripts. */
export function describeError(error: unknown): Report {
  if (error instanceof UsageError) return { exitCode: ExitCode.usage, code: 'USAGE', message: error.message }
  if (error instanceof WireError) {
    const exitCode = error.failure === 'unsupported' ? ExitCode.failure : ExitCode.unreachable
    return { exitCode, code: error.failure, message: error.message }
  }
  if (error instanceof BrokerError) {
    return { exitCode: ExitCode.failure, code: error.errorName, message: error.message }
  }
  if (error instanceof UnreachableError) {
    return { exitCode: ExitCode.unreachable, code: 'UNREACHABLE', message: error.message }
  }
  if (error instanceof InterruptedError) {
    return { exitCode: ExitCode.interrupted, code: 'INTERRUPTED', message: error.message }
  }
  const { code, message } = error as NodeJS.ErrnoException
  return { exitCode: ExitCode.failure, code: code ?? 'FAILURE', message: message ?? String(error) }
}

/** Prints one paragraph on stderr (one JSON object with --json) and returns the exit code. */
export function reportError(io: Io, error: unknown, options: { json: boolean; verbose: boolean }): number {
  const { exitCode, code, message } = describeError(error)
  if (options.json) io.stderr.line(JSON.stringify({ error: { code, message, exitCode } }))
  else io.stderr.line(`streambus: ${message}`)
  if (options.verbose && error instanceof Error && error.stack !== undefined) io.stderr.line(error.stack)
  return exitCode
}
