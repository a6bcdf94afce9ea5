import fs from 'node:fs'

/** Who has locked a file that is known to be locked, in words. Linux lists the locks of those processes it shows. */
export function flockHolder(path: string): string {
  const { ino } = fs.statSync(path)
  const lines = readText('/proc/locks').split('\n')
  // `1: POSIX ADVISORY WRITE 1234 08:01:5678 0 EOF`; a waiting one has `->` behind the number.
  const fields = lines.map(line => line.split(/\s+/)).find(each => each[1] !== '->' && each[5]?.endsWith(`:${ino}`))
  const pid = Number(fields?.[4] ?? 0)
  return pid > 0 ? `process ${pid}` : 'a process that cannot be seen from here (another container or host)'
}

/** Who the text of a lock file of an earlier version names; null when that process has ended. */
export function namedHolder(path: string): string | null {
  const [pid = '', started = ''] = readText(path).trim().split(' ')
  return /^[1-9]\d*$/.test(pid) && isAlive(Number(pid)) && startedAt(pid) === started ? `process ${pid}` : null
}

/**
 * Start time of a process in clock ticks, from field 22 of /proc/PID/stat; empty where there is no /proc. A zombie has
 * ended: its number is taken until its parent asks, its files are not.
 */
function startedAt(pid: string): string {
  const stat = readText(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? '')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function readText(path: string): string {
  try {
    return fs.readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
