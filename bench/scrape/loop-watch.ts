import net from 'node:net'
import { PerformanceObserver } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

// Loaded into the broker (node --import): tells over a socket how long its event loop was kept from turning.

/** One turn of the event loop, in ms. */
export interface Turn {
  readonly ms: number
  /** Of its thread: without the time in which other processes had the core. */
  readonly cpuMs: number
}

export interface LoopReport {
  readonly turns: number
  /** The longest first. */
  readonly longest: readonly Turn[]
  readonly longestGcMs: number
}

/** Where to listen; not named like a setting of the broker. */
export const SOCKET_VARIABLE = 'BENCH_LOOP_WATCH'
const LONGEST_MAX = 10

const socketPath = process.env[SOCKET_VARIABLE]
if (socketPath !== undefined && isMainThread) {
  // Watches from the first byte to the end of what the client sends, and answers then.
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    const stop = watch()
    socket.on('error', () => {})
    socket.resume()
    socket.on('end', () => socket.end(JSON.stringify(stop())))
    socket.write('.')
  })
  server.listen(socketPath).unref()
}

/** Turns the event loop as fast as it goes, so that every turn that takes longer is seen. */
function watch(): () => LoopReport {
  let isOver = false
  let turns = 0
  let longest: Turn[] = []
  let longestGcMs = 0
  const observer = new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) longestGcMs = Math.max(longestGcMs, duration)
  })
  observer.observe({ entryTypes: ['gc'] })
  let atMs = performance.now()
  let cpuUs = threadCpuUs()
  const turn = (): void => {
    const nowMs = performance.now()
    const nowCpuUs = threadCpuUs()
    turns++
    if (nowMs - atMs > 1) longest = withTurn(longest, { ms: nowMs - atMs, cpuMs: (nowCpuUs - cpuUs) / 1000 })
    atMs = nowMs
    cpuUs = nowCpuUs
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  return () => {
    isOver = true
    observer.disconnect()
    return { turns, longest, longestGcMs }
  }
}

function withTurn(longest: readonly Turn[], turn: Turn): Turn[] {
  return [...longest, turn].sort((a, b) => b.ms - a.ms).slice(0, LONGEST_MAX)
}

function threadCpuUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
