import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** For those who change StreamBus, with its Node in front of theirs. */
const FOR_DEVELOPERS: ReadonlySet<string> = new Set(['ARCHITECTURE.md', 'bench/RESULTS.md'])
const pages = ['README.md', 'CONTRIBUTING.md', 'KNOWN-GAPS.md', 'ARCHITECTURE.md', 'bench/RESULTS.md', ...below('docs')]
const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> }

function read(page: string): string {
  return fs.readFileSync(path.join(root, page), 'utf8')
}

function below(folder: string): string[] {
  const entries = fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
  return entries.filter(entry => entry.endsWith('.md')).map(entry => path.join(folder, entry))
}

/** What the pages say that matches, as `page: match`. */
function said(pattern: RegExp, isMeant: (match: RegExpMatchArray) => boolean = () => true): string[] {
  return pages.flatMap(page => [...read(page).matchAll(pattern)].filter(isMeant).map(([text]) => `${page}: ${text}`))
}

test('no page has a user run TypeScript with whatever Node is there: npm scripts have the right one', () => {
  const found = said(/\bnode (?:\S+\/)+\S+\.ts/g)
  expect(found.filter(each => !FOR_DEVELOPERS.has(each.split(':')[0] ?? ''))).toEqual([])
})

test('every npm script that a page names is one', () => {
  expect(said(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g, ([, name = '']) => !(name in scripts))).toEqual([])
})

test('no page counts commands: the count is wrong after the next one', () => {
  const number = '(?:\\d+|[a-z]*teen|twelve|eleven|ten|twenty)'
  expect(said(new RegExp(`\\b${number} commands\\b`, 'gi'))).toEqual([])
})

test('drills begin from a clone that nobody has set up, and with the Node of the clone', () => {
  expect(scripts['predrill']).toBe(scripts['prestart'])
  const options = { cwd: root, encoding: 'utf8' } as const
  const listed = execFileSync('npm', ['run', '--silent', '--ignore-scripts', 'drill', '--', 'list'], options)
  expect(listed).toContain('npm run drill -- [list | <drill>]')
  expect(listed).toContain('paused-broker --pid …')
})
