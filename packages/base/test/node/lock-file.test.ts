import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { DiskError } from '../../src/index.ts'
import { nodeDisk } from '../../src/node/index.ts'

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'))
const file = path.join(directory, '.lock')
afterEach(() => fs.rmSync(file, { force: true }))

test('a second holder is refused and told who the first is', () => {
  const lock = nodeDisk.lock(file)
  expect(() => nodeDisk.lock(file)).toThrow(DiskError)
  expect(() => nodeDisk.lock(file)).toThrow(`held by process ${process.pid}`)
  lock.release()
  nodeDisk.lock(file).release()
})

test('the lock of a process that has ended is taken over, reaped or not', async () => {
  const child = spawn('sleep', ['100'])
  await once(child, 'spawn')
  const stat = fs.readFileSync(`/proc/${child.pid}/stat`, 'latin1')
  fs.writeFileSync(file, `${child.pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}\n`)
  expect(() => nodeDisk.lock(file)).toThrow(/held by/)
  child.kill('SIGKILL')
  await once(child, 'exit')
  nodeDisk.lock(file).release()
})

test('a number that another process has by now does not hold the lock', () => {
  fs.writeFileSync(file, `${process.pid} 1\n`)
  nodeDisk.lock(file).release()
})
