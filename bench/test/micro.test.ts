import fs from 'node:fs'
import { expect, test } from 'vitest'
import { microBenches } from '../micro.ts'
import { runMicro } from '../micro-bench.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

test('every micro bench runs at tiny size and does the same work each time', () => {
  const directory = temporaryDirectory('micro-test')
  try {
    const once = (): number[] => microBenches(directory, false).map(bench => runMicro(bench, 2).hash)
    const hashes = once()
    expect(hashes.length).toBeGreaterThan(5)
    expect(once()).toEqual(hashes)
  } finally {
    fs.rmSync(directory, { recursive: true, force: true })
  }
})
