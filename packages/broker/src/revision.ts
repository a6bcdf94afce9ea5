import path from 'node:path'
import { type Disk, DiskError, readWhole } from '@streambus/base'

const COMMIT = /^[0-9a-f]{40}$/

/**
 * The commit of Git that stands in `root`, the directory of a repository: what its files say, without running Git. ''
 * where it is none, or what they say is no commit.
 */
export function revisionIn(disk: Disk, root: string): string {
  const directory = gitDirectoryOf(disk, root)
  const head = readText(disk, path.join(directory, 'HEAD'))
  const reference = /^ref: (refs\/\S+)$/.exec(head)?.[1]
  const commit = reference === undefined ? head : commitOf(disk, directory, reference)
  return COMMIT.test(commit) ? commit : ''
}

/** In a work tree beside the first one `.git` is a file that says where. */
function gitDirectoryOf(disk: Disk, root: string): string {
  const git = path.join(root, '.git')
  const elsewhere = /^gitdir: (.+)$/.exec(readText(disk, git))?.[1]
  return elsewhere === undefined ? git : path.resolve(root, elsewhere)
}

function commitOf(disk: Disk, directory: string, reference: string): string {
  const common = path.resolve(directory, readText(disk, path.join(directory, 'commondir')))
  const loose = readText(disk, path.join(common, reference))
  if (loose !== '') return loose
  const packed = readText(disk, path.join(common, 'packed-refs')).split('\n')
  return packed.find(line => line.endsWith(` ${reference}`))?.split(' ', 1)[0] ?? ''
}

function readText(disk: Disk, file: string): string {
  try {
    return readWhole(disk, file).toString('utf8').trim()
  } catch (error) {
    if (error instanceof DiskError) return ''
    throw error
  }
}
