import { PassThrough, Readable } from 'node:stream'
import type { Clock } from '@streambus/base'
import { nodeClock } from '@streambus/base/node'
import type { Io } from '../src/io.ts'
import { runCli } from '../src/program.ts'
import { Sink } from '../src/sink.ts'

export interface Outcome {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: Buffer
  readonly env?: Record<string, string>
  /** Standard output and input are a terminal of this size. */
  readonly terminal?: { readonly rows: number; readonly columns: number }
  readonly clock?: Clock
  /** Called when the command waits for a Ctrl-C, with what that runs and with how many bytes were printed so far. */
  readonly onInterrupt?: (interrupt: () => void, printedBytes: () => number) => void
}

/** Runs one command line in this process, with streams of its own. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const stdout = new PassThrough({ highWaterMark: 1 << 30 })
  const stderr = new PassThrough({ highWaterMark: 1 << 30 })
  const stdin = Readable.from(options.stdin === undefined ? [] : [options.stdin])
  if (options.terminal !== undefined) {
    Object.assign(stdout, { isTTY: true }, options.terminal)
    Object.assign(stdin, { isTTY: true })
  }
  const io: Io = {
    stdin,
    stdout: new Sink(stdout, options.env?.['TERM']),
    stderr: new Sink(stderr, options.env?.['TERM']),
    env: options.env ?? {},
    clock: options.clock ?? nodeClock,
    onInterrupt(interrupt) {
      options.onInterrupt?.(interrupt, () => stdout.readableLength)
      return () => {}
    }
  }
  const exitCode = await runCli(args, io)
  return { exitCode, stdout: everything(stdout), stderr: everything(stderr).toString() }
}

function everything(stream: PassThrough): Buffer {
  return (stream.read() as Buffer | null) ?? Buffer.alloc(0)
}
