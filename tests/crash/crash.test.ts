import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

function run(...words: string[]): { status: number | null; stdout: string } {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' })
  return { status, stdout }
}

test('the long form counts images, looks at a single one again and ends with 0 when nothing is wrong', () => {
  const swept = run('--workload', 'producers', '--seed', '1', '--images', '100', '--per-trace', '100')
  expect(swept.stdout).toMatch(/^\d+ images, \d+ per second, 0 failures$/m)
  const single = run('--workload', 'producers', '--seed', '1', '--cut', '30/random:7')
  expect([swept.status, single.status, single.stdout.trim()]).toEqual([0, 0, 'nothing is wrong with it'])
})

test('with --model it makes runs of the model-based test', () => {
  const { status, stdout } = run('--model', '20', '--seed', '1')
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^20 runs of up to 80 steps, .* s: nothing is wrong$/m)])
})

test('words that make no sense end with 2 and say what would', () => {
  for (const words of [
    ['--workload', 'none'],
    ['--images', '0'],
    ['--model', '0'],
    ['--seed', 'x']
  ]) {
    const { status, stdout } = run(...words)
    expect([status, stdout]).toEqual([2, expect.stringContaining('usage: ')])
  }
})
