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
