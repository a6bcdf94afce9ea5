import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { PLANTED_BUGS } from './bugs.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test.each(PLANTED_BUGS.map(bug => [bug.name, bug] as const))('planted bug "%s" still has its place', (_name, bug) => {
  const places = fs.readFileSync(`${ROOT}/${bug.file}`, 'utf8').split(bug.find).length - 1
  expect([bug.file, places]).toEqual([bug.file, 1])
  expect(fs.existsSync(`${ROOT}/${bug.test}`)).toBe(true)
})
