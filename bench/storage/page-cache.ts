import { execFileSync } from 'node:child_process'
import fs from 'node:fs'

const DROP_CACHES = '/proc/sys/vm/drop_caches'

/**
 * Empties the page cache of the whole machine, so that the next read comes from the device; false when this process may
 * not. Node has no posix_fadvise, which would do it for one file. What is dirty stays: sync it before.
 */
export function dropPageCache(): boolean {
  try {
    fs.writeFileSync(DROP_CACHES, '1')
    return true
  } catch {
    return false
  }
}

/** Writes all dirty pages of a file out, whoever made them dirty. */
export function syncFile(path: string): void {
  const fd = fs.openSync(path, 'r+')
  try {
    fs.fdatasyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Waits until nothing on this machine is dirty, so that what was built does not slow down what is measured. */
export function settleDisk(): void {
  execFileSync('sync')
}
