import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { OpenFiles } from '@streambus/storage-log'
import { check } from './context.ts'
import { openLog } from './logs.ts'

/** What the parent is told, as one line of JSON. */
export interface Opened {
  readonly ms: number
  readonly rssBytes: number
  readonly heapBytes: number
  readonly descriptors: number
}

// A fresh process for each start, because memory that was used once and freed would hide what is used now.
const { values } = parseArgs({
  options: {
    directory: { type: 'string', default: '' },
    kind: { type: 'string', default: 'clean' },
    'recovery-point': { type: 'string', default: '0' },
    'end-offset': { type: 'string', default: '0' }
  }
})
const { directory, kind } = values
const endOffset = Number(values['end-offset'])
const partitions = fs.readdirSync(directory)

function countDescriptors(): number {
  return fs.readdirSync('/proc/self/fd').length
}

/** What the kernel alone takes: list, open and stat the data files; keep the newest if there is room. */
function openBare(name: string): number {
  const files = fs.readdirSync(path.join(directory, name)).filter(file => file.endsWith('.log'))
  let active = -1
  for (const file of files.toSorted()) {
    if (active >= 0) fs.closeSync(active)
    active = fs.openSync(path.join(directory, name, file), 'r+')
    check(fs.fstatSync(active).size > 0, `${name}/${file} is empty`)
  }
  if (kept.length < filesMax) return active
  fs.closeSync(active)
  return -1
}

// Half of what this process may open is left to others, as the broker does.
const limit = Number(/^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? 1024)
const filesMax = Math.floor(limit / 2)
const openFiles = new OpenFiles(filesMax)
const recoveryPoint = Number(values['recovery-point'])
const kept: unknown[] = []

globalThis.gc?.()
const before = { ...process.memoryUsage(), descriptors: countDescriptors() }
const startMs = performance.now()
for (const name of partitions) {
  if (kind === 'bare') kept.push(openBare(name))
  else {
    const options = { openFiles, recoveryPoint, cleanStart: kind === 'clean' }
    const log = openLog(path.join(directory, name), options)
    check(log.logEndOffset === endOffset, `${name} ends at ${log.logEndOffset}, not at ${endOffset}`)
    kept.push(log)
  }
}
const ms = performance.now() - startMs
globalThis.gc?.()
const after = { ...process.memoryUsage(), descriptors: countDescriptors() }
check(kept.length === partitions.length, 'every partition is open')
const opened: Opened = {
  ms,
  rssBytes: after.rss - before.rss,
  heapBytes: after.heapUsed + after.external - before.heapUsed - before.external,
  descriptors: after.descriptors - before.descriptors
}
console.log(JSON.stringify(opened))
