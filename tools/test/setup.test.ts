import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

interface Setup {
  lockHash(root: string): string
  isInstalled(root: string): boolean
  pathWithoutLocalBin(path: string): string
}

// A variable, because plain JavaScript has no types to check.
const file = pathToFileURL(path.resolve(import.meta.dirname, '../setup.mjs')).href
const { isInstalled, lockHash, pathWithoutLocalBin } = (await import(file)) as Setup

let root: string

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'streambus-setup-'))
  fs.writeFileSync(path.join(root, 'package-lock.json'), '{}')
})

afterEach(() => fs.rmSync(root, { recursive: true }))

test('installs on a fresh clone, not again, and again after the lock file changed', () => {
  expect(isInstalled(root)).toBe(false)
  fs.mkdirSync(path.join(root, 'node_modules'))
  expect(isInstalled(root)).toBe(false)
  fs.writeFileSync(path.join(root, 'node_modules/.streambus-lock'), `${lockHash(root)}\n`)
  expect(isInstalled(root)).toBe(true)
  fs.writeFileSync(path.join(root, 'package-lock.json'), '{ "changed": true }')
  expect(isInstalled(root)).toBe(false)
})

test('npm ci by hand is an installation, too, as long as it has what the lock file names', () => {
  const write = (file: string, versions: Readonly<Record<string, object>>): void =>
    fs.writeFileSync(path.join(root, file), JSON.stringify({ packages: versions }))
  fs.mkdirSync(path.join(root, 'node_modules'))
  const installed = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/@streambus/b': { link: true } }
  const forOthers = { 'node_modules/win': { version: '1.0.0', optional: true } }
  write('node_modules/.package-lock.json', installed)
  write('package-lock.json', { '': { version: '9' }, 'packages/b': { version: '0.1.0' }, ...installed, ...forOthers })
  expect(isInstalled(root)).toBe(true)
  write('package-lock.json', { ...installed, 'node_modules/a': { version: '1.0.1' } })
  expect(isInstalled(root)).toBe(false)
  write('package-lock.json', { ...installed, 'node_modules/c': { version: '1.0.0' } })
  expect(isInstalled(root)).toBe(false)
})

test('npm ci does not run on the Node that it deletes', () => {
  const separator = path.delimiter
  expect(pathWithoutLocalBin(['/x/node_modules/.bin', '/usr/bin', '/y/node_modules/.bin/'].join(separator))).toBe(
    '/usr/bin'
  )
})
