import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { nodeDisk } from '@streambus/base/node'
import { afterEach, expect, test } from 'vitest'
import { revisionIn } from '../src/revision.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const OTHER = COMMIT.replaceAll('0', 'f')
const roots: string[] = []
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

/** A directory with these files. */
function rootWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'revision-'))
  roots.push(root)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
  return root
}

test.each([
  ['a commit by itself', { '.git/HEAD': `${COMMIT}\n` }, COMMIT],
  ['a branch', { '.git/HEAD': 'ref: refs/heads/a/b\n', '.git/refs/heads/a/b': `${COMMIT}\n` }, COMMIT],
  [
    'a branch among packed ones',
    {
      '.git/HEAD': 'ref: refs/heads/b\n',
      '.git/packed-refs': `# pack\n${OTHER} refs/heads/ab\n${COMMIT} refs/heads/b\n`
    },
    COMMIT
  ],
  [
    'a work tree beside the first',
    {
      '.git': 'gitdir: first/.git/worktrees/w\n',
      'first/.git/worktrees/w/HEAD': 'ref: refs/heads/w\n',
      'first/.git/worktrees/w/commondir': '../..\n',
      'first/.git/refs/heads/w': `${COMMIT}\n`
    },
    COMMIT
  ],
  ['a branch without a commit', { '.git/HEAD': 'ref: refs/heads/new\n' }, ''],
  ['something else', { '.git/HEAD': 'nonsense\n' }, ''],
  ['no repository', {}, '']
])('%s', (_, files, revision) => {
  expect(revisionIn(nodeDisk, rootWith(files as Readonly<Record<string, string>>))).toBe(revision)
})
