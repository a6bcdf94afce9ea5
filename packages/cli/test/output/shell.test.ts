import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shellArguments, shellWord } from '../../src/output/shell.ts'

it.each([
  ['billing', 'billing'],
  ['a b', "'a b'"],
  ['a"b\\c', `'a"b\\c'`],
  ["it's", "'it'\\''s'"],
  ['$(reboot)', "'$(reboot)'"],
  ['', "''"],
  ['a\u0007b', "$'a\\x07b'"]
])('%j is %s', (text, word) => {
  expect(shellWord(text)).toBe(word)
})

it('words that look like options are none', () => {
  expect(shellArguments(['-x', 'y'])).toBe("-- '-x' y")
  expect(shellArguments(['x-', 'y'])).toBe('x- y')
})

it('a shell reads back what was written', () => {
  // C1 controls are two bytes in UTF-8, and NUL is in no argument.
  // oxlint-disable-next-line no-control-regex -- they are what is left out
  const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter(each => !/[\u0000\u0080-\u009f]/.test(each))
  const texts = fc.sample(fc.oneof(text, fc.string({ maxLength: 20 })), 200)
  const words = texts.filter(each => !each.includes('\0')).map(each => each.toWellFormed())
  const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`
  const { stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  expect(stdout.split('\0').slice(0, -1)).toEqual(words)
})
