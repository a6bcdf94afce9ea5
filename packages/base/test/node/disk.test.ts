import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readWhole } from '../../src/index.ts'
import { nodeDisk } from '../../src/node/index.ts'

let directory = ''

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'streambus-disk-'))
})

afterEach(() => fs.rmSync(directory, { recursive: true, force: true }))

function create(name: string, sizeBytes: number): string {
  const file = path.join(directory, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, Buffer.alloc(sizeBytes, 1))
  return file
}

test.each([10, 3_000_000])(
  'a file of %i bytes is gone when its unlink returns, and the next one may have its name',
  sizeBytes => {
    const file = create('a.log', sizeBytes)
    nodeDisk.unlink(file)
    expect(nodeDisk.exists(file)).toBe(false)
    create('a.log', 5)
    expect(readWhole(nodeDisk, file).length).toBe(5)
    expect(() => nodeDisk.unlink(`${file}.missing`)).toThrow(/unlink .*ENOENT/)
  }
)

test.each([10, 3_000_000])('a rename replaces a file of %i bytes', sizeBytes => {
  const [old, next] = [create('a.log', sizeBytes), create('b.log', 7)]
  nodeDisk.rename(next, old)
  expect(readWhole(nodeDisk, old).length).toBe(7)
  expect(nodeDisk.list(directory).map(({ name }) => name)).toEqual(['a.log'])
})

test('a directory is removed with all that is in it, also when it is missing', () => {
  create('t-0/a.log', 3_000_000)
  create('t-0/sub/b.log', 10)
  nodeDisk.removeDirectory(path.join(directory, 't-0'))
  nodeDisk.removeDirectory(path.join(directory, 't-0'))
  expect(nodeDisk.list(directory)).toEqual([])
})

test('a directory is made with those above it; fine when it exists', () => {
  const deep = path.join(directory, 'a/b/c')
  for (let times = 0; times < 2; times++) nodeDisk.makeDirectory(deep)
  nodeDisk.makeDirectory(`${deep}/d/`)
  expect(nodeDisk.list(deep)).toEqual([{ name: 'd', isDirectory: true }])
  fs.symlinkSync(deep, path.join(directory, 'link'))
  nodeDisk.makeDirectory(path.join(directory, 'link/e'))
  expect(nodeDisk.exists(`${deep}/e`)).toBe(true)
})

test('what stands in the way of a directory is named, and nothing is made', () => {
  const file = create('file', 1)
  fs.symlinkSync(path.join(directory, 'nowhere'), path.join(directory, 'dangling'))
  for (const name of ['file', 'file/a/b', 'dangling/a']) {
    const at = path.join(directory, name.split('/')[0] as string)
    const reason = `mkdir ${at}: EEXIST: something that is no directory has this name`
    expect(() => nodeDisk.makeDirectory(path.join(directory, name))).toThrow(reason)
  }
  expect(nodeDisk.list(directory).map(({ name }) => name)).toEqual(['dangling', 'file'])
  expect(readWhole(nodeDisk, file).length).toBe(1)
})

// In a process of its own: Node's recursion would hold up this one for ever.
test.skipIf(!fs.existsSync('/proc/self'))('a file system that takes no directories refuses at once', () => {
  const module = new URL('../../src/node/index.ts', import.meta.url).href
  const script = `
    import { nodeDisk } from ${JSON.stringify(module)}
    try {
      nodeDisk.makeDirectory('/proc/streambus/data')
    } catch (error) {
      process.stdout.write(error.message)
    }
  `
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 })
  expect(stdout.toString()).toBe('mkdir /proc/streambus: ENOENT: its parent exists, but no directory can be made in it')
})
