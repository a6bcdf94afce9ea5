import { PassThrough, Readable } from 'node:stream'
import { nodeClock } from '@streambus/base/node'
import { ExitCode, runCli, Sink } from '@streambus/cli'
import { DrillError } from './scenario.ts'

/** What a command printed, on both streams, and its exit code. */
export interface CommandResult {
  readonly output: string
  readonly exitCode: number
}

/** Runs `streambus …` in this process. Lines of `stdin` are what it reads. */
export async function runCommand(
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly stdin?: Iterable<string> }
): Promise<CommandResult> {
  const output = new PassThrough({ highWaterMark: 1 << 30 })
  const exitCode = await runCli(args, {
    stdin: Readable.from(buffers(options.stdin ?? [])),
    stdout: new Sink(output),
    stderr: new Sink(output),
    env: options.env,
    clock: nodeClock,
    onInterrupt: () => () => {}
  })
  return { output: String(output.read() ?? ''), exitCode }
}

/** The same; throws DrillError with what was printed when it failed. */
export async function mustRun(
  bootstrap: string,
  args: readonly string[],
  stdin: Iterable<string> = []
): Promise<string> {
  const { output, exitCode } = await runCommand(args, { env: { STREAMBUS_BOOTSTRAP: bootstrap }, stdin })
  if (exitCode !== ExitCode.ok) throw new DrillError(`streambus ${args.join(' ')}: ${output.trim()}`)
  return output
}

/** A stream of strings is one of another kind. */
function* buffers(lines: Iterable<string>): Generator<Buffer> {
  for (const line of lines) yield Buffer.from(line)
}
