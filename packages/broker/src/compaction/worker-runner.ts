import { Worker } from 'node:worker_threads'
import { DiskError } from '@streambus/base'
import type { CompactionResult } from '@streambus/storage-log'
import { CompactionFailed, type CompactionJob, type CompactionRunner } from './runner.ts'
import type { WorkerJob, WorkerMessage } from './worker-protocol.ts'

/**
 * Runs each round in a thread of its own that ends with it, so that an idle broker pays no memory for compaction. The
 * event loop only hears of finished groups.
 */
export class WorkerRunner implements CompactionRunner {
  #stop: Int32Array | null = null

  run({ input, bytesPerSecond, onGroup }: CompactionJob): Promise<CompactionResult> {
    const stop = new SharedArrayBuffer(4)
    this.#stop = new Int32Array(stop)
    const workerData: WorkerJob = { input, bytesPerSecond, stop }
    return new Promise<CompactionResult>((resolve, reject) => {
      const worker = new Worker(new URL('./worker-main.ts', import.meta.url), { workerData, name: 'compaction' })
      worker.on('message', (message: WorkerMessage) => {
        if (message.kind === 'group') onGroup(message.group)
        else if (message.kind === 'result') resolve(message.result)
        else if (message.kind === 'disk-error') reject(new DiskError(message.error))
        else reject(new CompactionFailed(message.message))
      })
      worker.on('error', error => reject(new CompactionFailed(`the compaction thread failed: ${String(error)}`)))
      worker.on('exit', code => reject(new CompactionFailed(`the compaction thread ended with code ${code}`)))
    })
  }

  stop(): void {
    if (this.#stop === null) return
    Atomics.store(this.#stop, 0, 1)
    Atomics.notify(this.#stop, 0)
  }
}
