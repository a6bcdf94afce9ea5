import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Bug, plant, titleOf } from './bug.ts'
import { BUGS } from './bugs/index.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Titles of the tests of a file that are there for planted bugs. */
function titlesIn(path: string): string[] {
  return [...read(path).matchAll(/\btest\('(planted: [^']+)'/g)].map(([, title]) => title as string)
}

test('every bug can still be planted, and changes something', () => {
  for (const bug of BUGS) {
    const source = read(bug.file)
    expect(plant(bug, source)).not.toBe(source)
  }
})

test('a text that is not there, or twice, is an error that names the bug and its file', () => {
  const bug: Bug = { id: '0', name: 'a bug', file: 'a.ts', edits: [['x', 'y']], test: 'a.test.ts' }
  expect(() => plant(bug, 'a')).toThrow(/bug 0 \(a bug\).* 0 times in a\.ts/)
  expect(() => plant(bug, 'xx')).toThrow(/2 times/)
  expect(plant({ ...bug, edits: [['x', '$&']] }, 'axb')).toBe('a$&b')
})

test('ids and names are unique', () => {
  for (const values of [BUGS.map(({ id }) => id), BUGS.map(({ name }) => name)]) {
    expect(values.filter((value, i) => values.indexOf(value) !== i)).toEqual([])
  }
})

test('every bug has its test, and every such test its bug', () => {
  for (const path of new Set(BUGS.map(bug => dirname(bug.test)))) {
    for (const name of readdirSync(join(ROOT, path))) {
      const file = `${path}/${name}`
      const wanted = BUGS.filter(bug => bug.test === file).map(titleOf)
      expect([file, ...titlesIn(file).sort()]).toEqual([file, ...wanted.sort()])
    }
  }
})
