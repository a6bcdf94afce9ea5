import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetchApi } from '@streambus/protocol'
import type { Scene } from '../scene.ts'
import type { Stage } from '../stage.ts'
import { configureTopic } from './configure.ts'
import { withConnection } from './raw-client.ts'

const SECTOR_BYTES = 4096
/** Where a batch says what format it has. */
const MAGIC_AT = 16
const READ_OFFSETS = 400
const SEGMENTS_MIN = 3
const SEGMENTS_MS_MAX = 20_000
const CHECKPOINT_MS = 1_500
/** A few scrapes. */
const SEEN_MS = 4_000

/** Killed, with the traces of a power cut in a log and without one of its indexes. */
async function crash(stage: Stage): Promise<void> {
  const { broker } = stage
  await segmentsOf(stage, ['archive-0', 'rates-0'])
  await broker.kill()
  const archive = logFiles(stage, 'archive-0')
  damageHeader(archive[0] as string)
  for (const file of archive.slice(1, -1)) fs.rmSync(file.replace(/log$/, 'index'))
  tearTail(archive.at(-1) as string)
  damageHeader(logFiles(stage, 'rates-0')[0] as string)
  await broker.start()
  await readEverything(stage)
  await configureTopic(stage, 'rates', { 'min.compaction.lag.ms': '0' })
  await sleep(SEEN_MS)
}

/** Of a batch in the middle: its bytes say that it is of a format that there never was. */
function damageHeader(file: string): void {
  const bytes = fs.readFileSync(file)
  const all = batchesOf(bytes)
  const { start } = all[Math.floor(all.length / 2)] as Extent
  fs.writeFileSync(file, bytes.fill(0x7f, start + MAGIC_AT, start + MAGIC_AT + 1))
}

/** From each of the first offsets on: one of them is in a batch that cannot be read. */
async function readEverything(stage: Stage): Promise<void> {
  await withConnection(stage, async connection => {
    for (let fetchOffset = 0; fetchOffset < READ_OFFSETS; fetchOffset += 5) {
      const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1024 }]
      const topics = [{ topic: 'archive', partitions }]
      const body = { replicaId: -1, maxWaitMs: 0, minBytes: 1, topics, forgottenTopicsData: [] }
      await connection.send(fetchApi, body, { version: 11 })
      await sleep(20)
    }
  })
}

/** Sectors that were never written, before a batch that was. */
function tearTail(file: string): void {
  const bytes = fs.readFileSync(file)
  const { start, end } = batchesOf(bytes).at(-1) ?? { start: 0, end: 0 }
  if (end === 0) throw new Error(`${file} has no batch`)
  const batch = Buffer.from(bytes.subarray(start, end))
  batch.writeBigInt64BE(batch.readBigInt64BE(0) + 1_000n, 0)
  const gap = 2 * SECTOR_BYTES - (bytes.length % SECTOR_BYTES)
  fs.appendFileSync(file, Buffer.concat([Buffer.alloc(gap), batch]))
}

interface Extent {
  readonly start: number
  readonly end: number
}

function batchesOf(bytes: Buffer): Extent[] {
  const found: Extent[] = []
  for (let start = 0; start + 12 <= bytes.length; ) {
    const end = start + 12 + bytes.readInt32BE(start + 8)
    if (end > bytes.length || end <= start + 12) break
    found.push({ start, end })
    start = end
  }
  return found
}

/** One of two log directories cannot be opened for a while. */
async function loseDirectory({ broker, smallDir }: Stage): Promise<void> {
  await broker.terminate()
  if (smallDir === null) return broker.start()
  fs.renameSync(smallDir, `${smallDir}.aside`)
  fs.writeFileSync(smallDir, 'no directory')
  try {
    await broker.start()
    await sleep(SEEN_MS)
    await broker.terminate()
  } finally {
    fs.rmSync(smallDir)
    fs.renameSync(`${smallDir}.aside`, smallDir)
  }
  await broker.start()
}

function partitionDirectory({ mainDir, smallDir }: Stage, name: string): string {
  const candidates = [mainDir, ...(smallDir === null ? [] : [smallDir])].map(dir => path.join(dir, name))
  const found = candidates.find(directory => fs.existsSync(directory))
  if (found === undefined) throw new Error(`no log directory holds ${name}`)
  return found
}

/** Waits until each partition has a segment to be damaged, one without an index, and one that is written to. */
async function segmentsOf(stage: Stage, names: readonly string[]): Promise<void> {
  const untilMs = performance.now() + SEGMENTS_MS_MAX
  while (names.some(name => logFiles(stage, name).length < SEGMENTS_MIN)) {
    if (performance.now() > untilMs)
      throw new Error(`${names.join(', ')}: the traffic fills no ${SEGMENTS_MIN} segments`)
    await sleep(200)
  }
  // What is durable is written down once a second: what is damaged must lie before it.
  await sleep(CHECKPOINT_MS)
}

/** Segments of a partition, oldest first. */
function logFiles(stage: Stage, name: string): string[] {
  const directory = partitionDirectory(stage, name)
  const files = fs.readdirSync(directory).filter(file => file.endsWith('.log'))
  return files.toSorted().map(file => path.join(directory, file))
}

export const restartScenes: readonly Scene[] = [
  { name: 'a crash that tears a log', run: crash },
  {
    name: 'a log directory that cannot be opened',
    whyNot: ({ smallDir }) => (smallDir === null ? 'only root may mount a second one' : null),
    run: loseDirectory
  }
]
