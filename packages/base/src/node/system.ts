import fs from 'node:fs'
import os from 'node:os'

/** What the operating system says of itself and of this process. */
export interface System {
  /** The text of a small file of /proc or /sys; null where there is none, or it may not be read. */
  read(path: string): string | null
  /** Of the machine. */
  readonly memoryBytes: number
  readonly processors: number
}

export const nodeSystem: System = {
  read(path) {
    try {
      return fs.readFileSync(path, 'latin1')
    } catch {
      return null
    }
  },
  get memoryBytes() {
    return os.totalmem()
  },
  get processors() {
    return os.cpus().length
  }
}
