import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { compress, decompress } from '../../src/records/index.ts'
import { largeInput } from './inputs.ts'

// The reference implementations as judges, where this machine has them.
const LIMIT = 16 * 1024 * 1024
const inputs = [Buffer.alloc(0), Buffer.from('x'), largeInput(5000), largeInput(300_000), Buffer.alloc(5_000_000, 'ab')]

function run(tool: string, args: readonly string[], input: Buffer): Buffer {
  const { status, stdout, stderr } = spawnSync(tool, args, { input, maxBuffer: 2 * LIMIT })
  if (status !== 0) throw new Error(`${tool} ${args.join(' ')}: ${stderr.toString()}`)
  return stdout
}

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0

describe.each(['gzip', 'lz4', 'zstd'] as const)('%s', tool => {
  test.skipIf(!has(tool))('reads what we write', () => {
    for (const input of inputs) expect(run(tool, ['-dc'], compress(tool, input)).equals(input)).toBe(true)
  })

  test.skipIf(!has(tool))('writes what we read', () => {
    for (const input of inputs) {
      for (const level of ['-1', '-9']) {
        expect(decompress(tool, run(tool, ['-c', level], input), LIMIT).equals(input)).toBe(true)
      }
    }
  })
})

describe('LZ4 frames of every kind', () => {
  const source = largeInput(150_000 * 4 ** 3)
  const sizes = ['-B4', '-B5', '-B6', '-B7']
  const kinds = [
    ['-BI'],
    ['-BD'],
    ['-BX'],
    ['-BD', '-BX'],
    ['--content-size'],
    ['--no-frame-crc'],
    ['-BD', '--content-size']
  ]

  test.skipIf(!has('lz4')).each(kinds.map(kind => [kind]))('%s', kind => {
    for (const [index, size] of sizes.entries()) {
      // At least two blocks of every size, to have something to depend on.
      const input = source.subarray(0, 150_000 * 4 ** index)
      expect(decompress('lz4', run('lz4', ['-c', size, ...kind], input), input.length).equals(input)).toBe(true)
    }
  })
})
