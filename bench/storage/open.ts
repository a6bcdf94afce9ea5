import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Context, inDirectory, note, type Place } from './context.ts'
import { append, type LoadBatch, loadBatch, openLog } from './logs.ts'
import type { Opened } from './open-child.ts'
import { settleDisk } from './page-cache.ts'
import type { StorageSizes } from './sizes.ts'

const CHILD = fileURLToPath(new URL('./open-child.ts', import.meta.url))
const KINDS = ['bare', 'clean', 'unclean'] as const
const run = promisify(execFile)

interface Template {
  readonly segments: 1 | 3
  readonly isClean: boolean
}

/** One partition as a log leaves it, to be copied: 10,000 of them by appending would be 10,000 stops. */
function writeTemplate(directory: string, { segments, isClean }: Template, load: StorageSizes['open']): void {
  const batch = smallBatch()
  // With 3 the last segment holds what the last third of the batches is.
  const segmentBytes = Math.ceil(load.batches / segments) * batch.bytes.length
  const log = openLog(directory, { config: { segmentBytes } })
  for (let i = 0; i < load.batches; i++) append(log, batch)
  if (log.segmentCount !== segments) throw new Error(`a template has ${log.segmentCount} segments, not ${segments}`)
  if (isClean) log.closeClean()
  else log.closeUnclean()
}

function smallBatch(): LoadBatch {
  return loadBatch(1024, 1)
}

function copyFiles(from: string, to: string): void {
  fs.mkdirSync(to)
  for (const name of fs.readdirSync(from)) fs.copyFileSync(path.join(from, name), path.join(to, name))
}

/** Returns the directory of all partitions. */
function buildPartitions(directory: string, load: StorageSizes['open'], isClean: boolean): string {
  const [one, three] = ([1, 3] as const).map(segments => {
    const template = path.join(directory, `template-${segments}-${isClean}`)
    writeTemplate(template, { segments, isClean }, load)
    return template
  }) as [string, string]
  const all = path.join(directory, isClean ? 'clean' : 'unclean')
  fs.mkdirSync(all)
  for (let i = 0; i < load.partitions; i++) {
    copyFiles(i % load.severalEvery === 0 ? three : one, path.join(all, `orders-${i}`))
  }
  return all
}

async function openAll(directory: string, kind: (typeof KINDS)[number], load: StorageSizes['open']): Promise<Opened> {
  // Half of the records lie above the recovery point, so an unclean start has something to do.
  const recoveryPoint = kind === 'clean' ? load.batches : Math.floor(load.batches / 2)
  const { stdout } = await run(process.execPath, [
    '--expose-gc',
    CHILD,
    `--directory=${directory}`,
    `--kind=${kind}`,
    `--recovery-point=${recoveryPoint}`,
    `--end-offset=${load.batches}`
  ])
  return JSON.parse(stdout) as Opened
}

/** Time until all partitions are open, and what each takes then. Each opening finds the same. */
export async function benchOpen(context: Context): Promise<void> {
  const { figures, progress, sizes } = context
  const { partitions } = sizes.open
  await inDirectory('open', async directory => {
    progress(`open: building ${partitions} partitions, twice`)
    const clean = buildPartitions(directory, sizes.open, true)
    const unclean = buildPartitions(directory, sizes.open, false)
    if (sizes.dropsPageCache) settleDisk()
    for (let repeat = 1; repeat <= sizes.repeats; repeat++) {
      for (const kind of KINDS) {
        progress(`open ${repeat}/${sizes.repeats}: ${kind}`)
        const opened = await openAll(kind === 'unclean' ? unclean : clean, kind, sizes.open)
        const many = partitions.toLocaleString('en-US')
        const name = `open ${many} partitions`
        // The bare way is the same after both kinds of stop.
        for (const label of kind === 'bare' ? ['clean', 'unclean'] : [kind]) {
          const place = { name: `${name}, ${label}`, system: kind === 'bare' ? 'bare' : 'log' } as const
          note(figures, place, { unit: 'ms', value: opened.ms })
        }
        if (kind !== 'bare') noteEach(context, `${name}, ${kind}`, opened)
      }
    }
  })
}

function noteEach({ figures, sizes }: Context, name: string, opened: Opened): void {
  const { partitions } = sizes.open
  const each = (what: string): Place => ({ name: `${name}, ${what} each`, system: 'log' })
  note(figures, each('resident memory'), { unit: 'KiB', value: opened.rssBytes / partitions / 1024 })
  note(figures, each('heap and buffers'), { unit: 'KiB', value: opened.heapBytes / partitions / 1024 })
  note(figures, each('descriptors'), { unit: '', value: opened.descriptors / partitions })
}
