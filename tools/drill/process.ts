import { type ChildProcess, spawn } from 'node:child_process'
import { mustRun } from './run-cli.ts'
import { DrillError, pause, type Scenario, type Stage } from './scenario.ts'

const TOPIC = 'alert-drill'
/** Longer than EventLoopBlocked calls critical, and short enough for health checks and sessions. */
const PAUSE_MS = 800
const RUN_MS = 700
/** Longer than ProduceLatencyCritical allows for one sync. */
const SYNC_DELAY_US = 600_000

function pidOf({ pid }: Stage): number {
  if (pid === null) throw new DrillError('needs --pid, the process of a broker on this machine')
  return pid
}

function send(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    throw new DrillError(`process ${pid} cannot be signalled: ${(error as Error).message}`)
  }
}

/** Stops the process for `pauseMs` and lets it run for `runMs`, in turns. */
export async function stutter(stage: Stage, pauseMs: number, runMs: number): Promise<void> {
  const pid = pidOf(stage)
  try {
    while (!stage.signal.aborted) {
      send(pid, 'SIGSTOP')
      await pause(pauseMs, stage.signal)
      send(pid, 'SIGCONT')
      await pause(runMs, stage.signal)
    }
  } finally {
    send(pid, 'SIGCONT')
  }
}

/** Stops the process until the end. */
export async function hold(stage: Stage): Promise<void> {
  const pid = pidOf(stage)
  send(pid, 'SIGSTOP')
  try {
    await pause(2 ** 31 - 1, stage.signal)
  } finally {
    send(pid, 'SIGCONT')
  }
}

/** Produced all the while, or there would be no syncs. */
async function slowDisk(stage: Stage): Promise<void> {
  const { kill, ended } = injectInto(stage, 'fdatasync', `delay_exit=${SYNC_DELAY_US}`)
  try {
    await mustRun(stage.bootstrap, ['topic', 'create', TOPIC, '--if-not-exists'])
    while (!stage.signal.aborted) {
      await Promise.race([mustRun(stage.bootstrap, ['produce', TOPIC], ['drill\n']), ended])
      await pause(200, stage.signal)
    }
  } finally {
    kill()
    await mustRun(stage.bootstrap, ['topic', 'delete', TOPIC, '--if-exists'])
  }
}

export interface Injection {
  /** Rejects when strace ends before it is told to. */
  readonly ended: Promise<never>
  kill(): void
}

/**
 * What strace calls a fault, in each call of the process to `call` from now on: 'error=EIO', 'delay_exit=9' (µs). With
 * `path` only in those for that file.
 */
export function injectInto(stage: Stage, call: string, fault: string, path?: string): Injection {
  const what = ['-e', `trace=${call}`, '-e', `inject=${call}:${fault}`, ...(path === undefined ? [] : ['-P', path])]
  const strace = spawn('strace', ['-f', '-qq', '-o', '/dev/null', ...what, '-p', String(pidOf(stage))], {
    stdio: ['ignore', 'ignore', 'pipe']
  })
  return { ended: endOf(strace), kill: () => void strace.kill('SIGTERM') }
}

/** Rejects when strace ends before it is told to. */
function endOf(strace: ChildProcess): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  let said = ''
  strace.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  strace.on('error', error => reject(new DrillError(`strace does not start: ${error.message}`)))
  strace.on('exit', () => reject(new DrillError(`strace has ended: ${said.trim() || 'nobody knows why'}`)))
  // Only those who wait for it need to know.
  promise.catch(() => {})
  return promise
}

export const processScenarios: readonly Scenario[] = [
  {
    name: 'broker-down',
    alerts: ['BrokerDown'],
    does: 'stops the process of the broker (SIGSTOP), so that nothing is answered, and lets it go on at the end',
    needs: ['pid'],
    minutes: 3,
    run: hold
  },
  {
    name: 'paused-broker',
    alerts: ['EventLoopBlocked'],
    does: `stops the process of the broker for ${PAUSE_MS} ms again and again`,
    needs: ['pid'],
    minutes: 12,
    run: stage => stutter(stage, PAUSE_MS, RUN_MS)
  },
  {
    name: 'slow-disk',
    alerts: ['HighProduceLatency', 'ProduceLatencyCritical', 'FlushSlow'],
    does: `makes every sync of the broker last ${SYNC_DELAY_US / 1000} ms longer (strace), and produces`,
    needs: ['pid'],
    minutes: 17,
    run: slowDisk
  }
]
