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

test('npm ci does not run on the Node that it deletes', () => {
  const separator = path.delimiter
  expect(pathWithoutLocalBin(['/x/node_modules/.bin', '/usr/bin', '/y/node_modules/.bin/'].join(separator))).toBe(
    '/usr/bin'
  )
})
