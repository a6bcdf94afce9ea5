import { readFileSync, statSync } from 'node:fs'

/**
 * Who holds the lock of a log directory, in words; null when nobody seems to. Only looks: taking the lock to find out
 * would write to the directory. StreamBus' lock names its process; Kafka's is an flock, which Linux lists.
 */
export function lockHolder(logDirectory: string): string | null {
  const path = `${logDirectory}/.lock`
  const [pid = '', started = ''] = (readText(path) ?? '').trim().split(' ')
  if (/^\d+$/.test(pid)) return isSameProcess(pid, started) ? `process ${pid}` : null
  return holderOfFlock(path)
}

/** Field 22 of /proc/PID/stat is when the process began; where there is no /proc the number has to do. */
function isSameProcess(pid: string, started: string): boolean {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat === null) return process.platform !== 'linux' && isAlive(Number(pid))
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const hasEnded = fields[0] === 'Z' || fields[0] === 'X'
  return !hasEnded && (started === '' || fields[19] === started)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Lines of /proc/locks: `1: POSIX ADVISORY WRITE 1234 08:01:5678 0 EOF`. */
function holderOfFlock(path: string): string | null {
  const locks = readText('/proc/locks')
  if (locks === null) return null
  try {
    const { ino } = statSync(path)
    const line = locks.split('\n').find(each => each.split(/\s+/)[5]?.endsWith(`:${ino}`))
    return line === undefined ? null : `process ${line.split(/\s+/)[4]}`
  } catch {
    return null
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}
