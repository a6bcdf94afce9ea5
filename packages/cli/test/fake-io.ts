import { PassThrough, Readable } from 'node:stream'
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
}

/** Runs one command line in this process, with streams of its own. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const stdout = new PassThrough({ highWaterMark: 1 << 30 })
  const stderr = new PassThrough({ highWaterMark: 1 << 30 })
  const io: Io = {
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    stdout: new Sink(stdout),
    stderr: new Sink(stderr),
    env: options.env ?? {},
    clock: nodeClock,
    onInterrupt: () => () => {}
  }
  const exitCode = await runCli(args, io)
  return { exitCode, stdout: everything(stdout), stderr: everything(stderr).toString() }
}

function everything(stream: PassThrough): Buffer {
  return (stream.read() as Buffer | null) ?? Buffer.alloc(0)
}
