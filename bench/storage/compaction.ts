import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { CompactionInput, CompactionResult, Log } from '@streambus/storage-log'
import type { Latency } from '../latency.ts'
import { roundOver } from './cleaner.ts'
import { type Context, check, inDirectory, note, noteLatency } from './context.ts'
import { checkCleaned, type KeyedLog, writeKeyedLog } from './keyed-log.ts'
import { batchOf16, openLog } from './logs.ts'
import { PacedWriter } from './paced-writer.ts'
import { bytesText } from './sizes.ts'

const WORKER = new URL('./compaction-worker.ts', import.meta.url)
const BARE_CHUNK_BYTES = 512 * 1024

/** The time includes the start of the thread. What is left behind is swapped in or dropped by the caller. */
async function cleanInWorker(round: CompactionInput): Promise<{ cleaned: CompactionResult; ms: number }> {
  const startMs = performance.now()
  const worker = new Worker(WORKER, { workerData: round })
  const [cleaned] = (await once(worker, 'message')) as [CompactionResult]
  const ms = performance.now() - startMs
  await worker.terminate()
  check(cleaned.outcome === 'done' && cleaned.endOffset === round.upToOffset, 'the round ended early')
  return { cleaned, ms }
}

function dropCleaned(directory: string): void {
  for (const name of fs.readdirSync(directory)) {
    if (name.endsWith('.cleaned')) fs.rmSync(path.join(directory, name))
  }
}

/** Reads the closed segments twice and writes as much as the cleaner did: what a round of two passes comes to. */
function cleanBare(round: CompactionInput, bytesWritten: number): number {
  const chunk = Buffer.alloc(BARE_CHUNK_BYTES)
  const closed = fs.readdirSync(round.directory).filter(name => /^\d{20}\.log$/.test(name))
  const target = path.join(round.directory, 'bare.cleaned')
  const startMs = performance.now()
  for (let pass = 0; pass < 2; pass++) {
    for (const name of closed.toSorted().slice(0, -1)) {
      const fd = fs.openSync(path.join(round.directory, name), 'r')
      while (fs.readSync(fd, chunk, 0, chunk.length, null) > 0);
      fs.closeSync(fd)
    }
  }
  const fd = fs.openSync(target, 'w')
  for (let at = 0; at < bytesWritten; at += chunk.length) {
    fs.writeSync(fd, chunk, 0, Math.min(chunk.length, bytesWritten - at), at)
  }
  fs.fdatasyncSync(fd)
  fs.closeSync(fd)
  const ms = performance.now() - startMs
  fs.rmSync(target)
  return ms
}

function openKeyed({ sizes }: Context, { directory, endOffset }: KeyedLog): Log {
  const { segmentBytes } = sizes.compaction
  return openLog(directory, { config: { segmentBytes, deleteRetentionMs: 0 }, recoveryPoint: endOffset })
}

/** Produces at a steady rate while `run` goes on. */
async function producing(context: Context, run: () => Promise<void>): Promise<Latency> {
  return inDirectory('produce', async directory => {
    const log = openLog(`${directory}/produce-0`)
    const writer = new PacedWriter(log, batchOf16(), context.sizes.compaction.producePerSecond)
    await run()
    const latency = await writer.stop()
    log.closeUnclean()
    return latency
  })
}

async function measure(context: Context, keyed: KeyedLog): Promise<void> {
  const { figures, sizes } = context
  const { logBytes, keys, producePerSecond, aloneMs } = sizes.compaction
  const log = openKeyed(context, keyed)
  const round = roundOver(log).input
  const name = `compact ${bytesText(logBytes)} with ${keys.toLocaleString('en-US')} keys`
  const rate = (ms: number): { unit: string; value: number } => ({ unit: 'MB/s', value: keyed.sizeBytes / ms / 1e3 })

  const { cleaned, ms } = await cleanInWorker(round)
  dropCleaned(keyed.directory)
  note(figures, { name, system: 'bare' }, rate(cleanBare(round, cleaned.stats.bytesWritten)))
  note(figures, { name, system: 'log' }, rate(ms))

  const alone = await producing(context, () => sleep(aloneMs, undefined))
  const beside = await producing(context, async () => {
    const { ms: besideMs } = await cleanInWorker(round)
    note(figures, { name: `${name}, beside produce`, system: 'log' }, rate(besideMs))
  })
  log.closeClean()
  dropCleaned(keyed.directory)
  const produce = `produce ${producePerSecond} batches/s, to durable`
  noteLatency(figures, { name: `${produce}, alone`, system: 'log' }, alone)
  noteLatency(figures, { name: `${produce}, beside compaction`, system: 'log' }, beside)
  const value = beside.p99Ms / alone.p99Ms
  note(figures, { name: `${produce}, p99 beside compaction to p99 alone`, system: 'log' }, { unit: '×', value })
}

/** Bytes of log that a cleaning round gets through in a worker, and what producers in the main thread feel of it. */
export async function benchCompaction(context: Context): Promise<void> {
  const { progress, sizes } = context
  await inDirectory('compaction', async directory => {
    progress('compaction: building')
    const keyed = writeKeyedLog(`${directory}/compact-0`, sizes.compaction)
    await measure({ ...context, figures: new Map() }, keyed)
    for (let repeat = 1; repeat <= sizes.repeats; repeat++) {
      progress(`compaction ${repeat}/${sizes.repeats}`)
      await measure(context, keyed)
    }
    const log = openKeyed(context, keyed)
    const { input, generation } = roundOver(log)
    const { cleaned } = await cleanInWorker(input)
    for (const group of cleaned.groups) check(log.swapIn(group, generation), 'a group was not swapped in')
    log.closeClean()
    checkCleaned(keyed)
  })
}
