import fs from 'node:fs'
import { createHistogram } from 'node:perf_hooks'
import type { Figures } from '../figures.ts'
import { type Latency, summary } from '../latency.ts'
import { check, inDirectory, note } from './context.ts'
import { bytesText } from './sizes.ts'

// An experiment, not part of the suite: what a sync costs a writer that appends and syncs each time, when the file
//   grows                each write moves the end, so fdatasync has to commit the inode's new size (a journal commit)
//   is sparse            ftruncate has moved the end; blocks are still allocated at write-back, and an ext4 extent is
//                        converted from unwritten: metadata again
//   has zeros ahead      blocks are there and written; fdatasync has data to write and nothing else. Somebody has to
//                        write and sync the zeros first: that stall is the figure 'slowest', its share is in MB/s
// Syncs run in the thread pool, one after the other, as the group commit of one log does. The time includes the write.

const KIB = 1024
const MIB = KIB * KIB

interface Preparation {
  readonly name: string
  /** Makes the file ready for a write that ends at `end`; called before each write and part of its time. */
  readonly prepare: (fd: number, end: number) => void
}

function ahead(name: string, stepBytes: number, extend: (fd: number, from: number) => void): () => Preparation {
  return () => {
    let ready = 0
    const prepare = (fd: number, end: number): void => {
      for (; ready < end; ready += stepBytes) extend(fd, ready)
    }
    return { name, prepare }
  }
}

function zeros(bytes: number): () => Preparation {
  const buffer = Buffer.alloc(bytes)
  return ahead(`has ${bytesText(bytes)} of zeros ahead`, bytes, (fd, from) => {
    fs.writeSync(fd, buffer, 0, buffer.length, from)
    fs.fdatasyncSync(fd)
  })
}

function sparse(bytes: number): () => Preparation {
  return ahead(`is sparse ${bytesText(bytes)} ahead`, bytes, (fd, from) => fs.ftruncateSync(fd, from + bytes))
}

const PREPARATIONS = [
  () => ({ name: 'grows', prepare() {} }),
  sparse(16 * MIB),
  zeros(MIB),
  zeros(16 * MIB)
] satisfies readonly (() => Preparation)[]

interface Written {
  readonly seconds: number
  readonly latency: Latency
}

async function write(path: string, preparation: Preparation, load: { bytes: number; count: number }): Promise<Written> {
  const fd = fs.openSync(path, 'w+')
  const batch = Buffer.alloc(load.bytes, 0xa5)
  const histogram = createHistogram({ figures: 3 })
  const startMs = performance.now()
  for (let i = 0; i < load.count; i++) {
    const startNs = process.hrtime.bigint()
    preparation.prepare(fd, (i + 1) * batch.length)
    fs.writeSync(fd, batch, 0, batch.length, i * batch.length)
    await synced(fd)
    histogram.record(process.hrtime.bigint() - startNs)
  }
  const seconds = (performance.now() - startMs) / 1e3
  const last = Buffer.alloc(batch.length)
  fs.readSync(fd, last, 0, last.length, (load.count - 1) * batch.length)
  check(last.equals(batch), 'the last batch')
  fs.closeSync(fd)
  return { seconds, latency: summary(histogram) }
}

function synced(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(fd, error => (error === null ? resolve() : reject(error)))
  })
}

async function measure(figures: Figures, load: { bytes: number; count: number }): Promise<void> {
  for (const prepare of PREPARATIONS) {
    const preparation = prepare()
    const { seconds, latency } = await inDirectory('preallocate', directory =>
      write(`${directory}/data`, preparation, load)
    )
    // 'bare' is what the table compares with: the file as it is today.
    const system = preparation.name
    const at = (what: string): { name: string; system: string } => ({
      name: `${bytesText(load.bytes)} and a sync, ${what}`,
      system
    })
    note(figures, at('p50'), { unit: 'µs', value: latency.p50Ms * 1e3 })
    note(figures, at('p99'), { unit: 'µs', value: latency.p99Ms * 1e3 })
    note(figures, at('slowest'), { unit: 'µs', value: latency.maxMs * 1e3 })
    note(figures, at('all'), { unit: 'MB/s', value: (load.bytes * load.count) / seconds / 1e6 })
  }
}

export interface PreallocateSizes {
  readonly repeats: number
  /** Writes per run: at least this many, and this many bytes. */
  readonly count: number
  readonly bytes: number
}

/** The figures of the system 'grows' are what the others are compared with. */
export async function runPreallocate(sizes: PreallocateSizes, progress: (line: string) => void): Promise<Figures> {
  const figures: Figures = new Map()
  await measure(new Map(), { bytes: KIB, count: Math.ceil(sizes.count / 10) })
  for (let repeat = 1; repeat <= sizes.repeats; repeat++) {
    for (const bytes of [KIB, 16 * KIB, 64 * KIB]) {
      progress(`${repeat}/${sizes.repeats}: ${bytesText(bytes)}`)
      await measure(figures, { bytes, count: Math.max(sizes.count, Math.ceil(sizes.bytes / bytes)) })
    }
  }
  return figures
}
