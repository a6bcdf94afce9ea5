import fs from 'node:fs'
import { DiskError } from '../disk.ts'

/**
 * Start time of a process in clock ticks, from field 22 of /proc/PID/stat; empty where there is no /proc. A zombie has
 * ended: its number is taken until its parent asks, its files are not.
 */
function startedAt(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? '')
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Node has no flock, so the lock is a file that names its holder by process id and start time: a killed
 * broker leaves a stale file, and a reused process id must not keep its data directory locked.
 */
export function lockFile(path: string): { release(): void } {
  const mine = `${process.pid} ${startedAt(process.pid)}\n`
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      fs.writeFileSync(path, mine, { flag: 'wx' })
      return { release: () => fs.rmSync(path, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const [pidText = '', started = ''] = fs.readFileSync(path, 'latin1').trim().split(' ')
    const pid = Number(pidText)
    if (pid > 0 && isAlive(pid) && startedAt(pid) === started) {
      throw new DiskError({
        code: 'ELOCKED',
        operation: 'lock',
        path,
        message: `${path} is held by process ${pid}: another broker uses this directory; stop it or choose another log.dirs`
      })
    }
    fs.rmSync(path, { force: true })
  }
  throw new DiskError({
    code: 'ELOCKED',
    operation: 'lock',
    path,
    message: `${path} keeps reappearing; is another broker starting?`
  })
}
