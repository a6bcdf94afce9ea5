import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tempDir } from '@streambus/testkit'
import type { Cleanup } from './cleanup.ts'

/** Why a rig cannot run here, in a sentence; null when all its tools are there and it may mount, if it must. */
export function obstacle(tools: readonly string[], mustMount: boolean): string | null {
  if (process.platform !== 'linux') return `this rig needs Linux, not ${process.platform}`
  if (mustMount && process.getuid?.() !== 0) return 'only root may mount'
  const folders = (process.env['PATH'] ?? '').split(':').concat('/usr/sbin', '/sbin')
  const missing = tools.filter(tool => !folders.some(folder => fs.existsSync(`${folder}/${tool}`)))
  return missing.length === 0
    ? null
    : `${missing.join(', ')} not found: install util-linux, e2fsprogs, xfsprogs, strace`
}

function run(command: string, ...rest: readonly string[]): void {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }
  execFileSync(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], env })
}

/** A tmpfs of `sizeBytes`, for so many `files`, mounted until `cleanup` runs. Throws what mount(8) says. */
export function mountTmpfs(sizeBytes: number, cleanup: Cleanup, files?: number): string {
  const home = tempDir('tmpfs')
  cleanup.add('mount point', () => home.remove())
  const options = `size=${sizeBytes}${files === undefined ? '' : `,nr_inodes=${files}`}`
  run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', home.path)
  cleanup.add(`tmpfs ${home.path}`, () => run('umount', home.path))
  return home.path
}

/**
 * ext4 on a loop device whose power can be cut. What that models: the file system's shutdown call refuses every
 * write-back from that moment on, so whatever was only in the page cache, or in a journal transaction without its
 * commit record, is gone after the next mount. What it does not model: a device that loses or reorders what it had
 * confirmed. The image below the loop device keeps all that reached it, flushed or not.
 */
export class LoopDisk {
  readonly path: string
  readonly #image: string
  #isMounted = false

  /** Made and mounted; gone when `cleanup` runs. Throws what mkfs(8) or mount(8) says. */
  constructor(sizeBytes: number, cleanup: Cleanup) {
    const home = tempDir('loop')
    cleanup.add('loop image', () => home.remove())
    this.#image = `${home.path}/image`
    this.path = `${home.path}/mounted`
    fs.mkdirSync(this.path)
    fs.writeFileSync(this.#image, '')
    fs.truncateSync(this.#image, sizeBytes)
    run('mkfs.ext4', '-q', this.#image)
    this.#mount()
    cleanup.add(`loop device at ${this.path}`, () => this.#unmount())
  }

  /**
   * From here on nothing reaches the device. With `commitsJournal` the running transaction is still written, as if the
   * cut came right after a commit; data=ordered then writes what new sizes of files cover.
   */
  cut(options: { readonly commitsJournal: boolean }): void {
    run('xfs_io', '-x', '-c', options.commitsJournal ? 'shutdown -f' : 'shutdown', this.path)
  }

  /** What the machine finds after the power is back. Nobody may have a file open. */
  remount(): void {
    this.#unmount()
    this.#mount()
  }

  #mount(): void {
    run('mount', '-o', 'loop', this.#image, this.path)
    this.#isMounted = true
  }

  #unmount(): void {
    if (!this.#isMounted) return
    run('umount', this.path)
    this.#isMounted = false
  }
}

/** Writes only these bytes of a file back, as the kernel may at any time, in any order. */
export function writeBack(file: string, ranges: readonly { readonly at: number; readonly bytes: number }[]): void {
  // One flag at a time: of several xfs_io (6.1) takes the last and forgets the others.
  const steps = ['-w', '-a'].flatMap(flag => ranges.map(({ at, bytes }) => `sync_range ${flag} ${at} ${bytes}`))
  run('xfs_io', ...steps.flatMap(step => ['-c', step]), file)
}
