// The thread of one compaction round: it ends when the round does.
import { parentPort, workerData } from 'node:worker_threads'
import { assert, DiskError } from '@streambus/base'
import { nodeClock, nodeDisk } from '@streambus/base/node'
import { compactLog } from '@streambus/storage-log'
import { Throttle } from './throttle.ts'
import type { WorkerJob, WorkerMessage } from './worker-protocol.ts'

assert(parentPort !== null, 'this file runs as a worker thread')
const port = parentPort
const { input, bytesPerSecond, stop } = workerData as WorkerJob
const cell = new Int32Array(stop)
const throttle = new Throttle(nodeClock, bytesPerSecond, delayMs => void Atomics.wait(cell, 0, 0, delayMs))

function tell(message: WorkerMessage): void {
  port.postMessage(message)
}

try {
  const result = compactLog(input, {
    disk: nodeDisk,
    clock: nodeClock,
    hooks: { throttle: bytes => throttle.spend(bytes), shouldStop: () => Atomics.load(cell, 0) !== 0 },
    onGroup: group => tell({ kind: 'group', group })
  })
  tell({ kind: 'result', result })
} catch (error) {
  if (error instanceof DiskError) {
    const { code, operation, path, message } = error
    tell({ kind: 'disk-error', error: { code, operation, path, message } })
  } else tell({ kind: 'failed', message: (error as Error).message })
}
