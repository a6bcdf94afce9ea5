#!/usr/bin/env node
import { nodeClock } from '@streambus/base/node'
import { onInterrupt } from './interrupts.ts'
import type { Io } from './io.ts'
import { runCli } from './program.ts'
import { Sink } from './sink.ts'

function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: new Sink(process.stdout, process.env['TERM']),
    stderr: new Sink(process.stderr, process.env['TERM']),
    env: process.env,
    clock: nodeClock,
    onInterrupt: run => onInterrupt(run, { source: process, clock: nodeClock })
  }
}

/** Runs the command line of this process and ends it. */
export async function main(): Promise<void> {
  const io = processIo()
  const exitCode = await runCli(process.argv.slice(2), io)
  await Promise.all([io.stdout.flushed(), io.stderr.flushed()])
  // Not left to the event loop: an open stdin would keep an interrupted `produce` alive.
  process.exit(exitCode)
}

if (import.meta.main) await main()
