import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { batchShape, buildBatch } from './batch.ts'
import {
  CEILING_TOPIC,
  type CeilingOptions,
  CeilingServer,
  type CeilingStats,
  type FetchFill,
  frameSum
} from './ceiling-server.ts'
import { type Fetched, runFetch } from './fetch-load.ts'
import { produceFrame } from './kafka-frames.ts'
import { type Produced, type ProduceLoad, runProduce } from './load.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import type { Address } from './wire-socket.ts'

type Control =
  | { readonly kind: 'child'; readonly child: ChildProcess }
  | { readonly kind: 'here'; readonly server: CeilingServer }

export type CeilingMode = Omit<CeilingOptions, 'directory'>

/** The bare server in a process of its own, as the broker is; in this process for the smoke test. */
export class Ceiling {
  readonly address: Address
  readonly #control: Control
  readonly #directory: string

  private constructor(port: number, control: Control, directory: string) {
    this.address = { host: '127.0.0.1', port }
    this.#control = control
    this.#directory = directory
  }

  static async start(mode: CeilingMode, where: 'child' | 'here' = 'child'): Promise<Ceiling> {
    const directory = temporaryDirectory('ceiling')
    const options = { ...mode, directory }
    if (where === 'here') {
      const server = await CeilingServer.start(options)
      return new Ceiling(server.port, { kind: 'here', server }, directory)
    }
    const program = fileURLToPath(new URL('./ceiling-server.ts', import.meta.url))
    const child = fork(program, [JSON.stringify(options)])
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    return new Ceiling(port, { kind: 'child', child }, directory)
  }

  /** Runs a produce load and throws unless the file holds exactly what was sent. */
  async produce(load: Omit<ProduceLoad, 'topic' | 'partitions'>): Promise<Produced> {
    await this.#tell({ reset: true })
    const produced = await runProduce(this.address, { ...load, topic: CEILING_TOPIC, partitions: 1 })
    const expected = expectedStats(load, produced)
    const stats = (await this.#tell({ stats: true })) as CeilingStats
    if (stats.frames !== expected.frames || stats.crcSum !== expected.crcSum) {
      throw new Error(`ceiling: sent ${JSON.stringify(expected)}, its file holds ${JSON.stringify(stats)}`)
    }
    await this.#tell({ reset: true })
    return produced
  }

  async fetch(
    load: { recordBytes: number; batchBytes: number; answerBytesMax: number } & CeilingFetchLimits
  ): Promise<Fetched> {
    const shape = batchShape(load.recordBytes, load.batchBytes)
    const batches = Math.ceil(load.fileBytes / (shape.recordBytes * shape.recordCount))
    const fill: FetchFill = { shape, batches, answerBytesMax: load.answerBytesMax }
    const { endOffset } = (await this.#tell({ fill })) as { endOffset: number }
    const { connections, bytesMax, durationMsMax, recordBytes, answerBytesMax: partitionBytesMax } = load
    const limits = { connections, bytesMax, durationMsMax, recordBytes, partitionBytesMax }
    return runFetch(this.address, { ...limits, topic: CEILING_TOPIC, partitions: 1, endOffsets: [endOffset] })
  }

  async close(): Promise<void> {
    if (this.#control.kind === 'here') await this.#control.server.close()
    else {
      const exited = once(this.#control.child, 'exit')
      this.#control.child.disconnect()
      await exited
    }
    fs.rmSync(this.#directory, { recursive: true, force: true })
  }

  async #tell(command: { stats?: true; reset?: true; fill?: FetchFill }): Promise<unknown> {
    if (this.#control.kind === 'here') {
      const { server } = this.#control
      if (command.reset) server.reset()
      return command.stats ? server.stats() : { endOffset: command.fill === undefined ? 0 : server.fill(command.fill) }
    }
    const answered = once(this.#control.child, 'message')
    this.#control.child.send(command)
    return ((await answered) as [unknown])[0]
  }
}

export interface CeilingFetchLimits {
  readonly connections: number
  readonly bytesMax: number
  readonly durationMsMax: number
  /** Value bytes in the file that is read; small enough to stay in the page cache. */
  readonly fileBytes: number
}

function expectedStats(
  load: Omit<ProduceLoad, 'topic' | 'partitions'>,
  produced: Produced
): { frames: number; crcSum: number } {
  let crcSum = 0
  const counts = [...produced.batchesByCrc.values()]
  for (let index = 0; index < load.connections; index++) {
    const batch = buildBatch(batchShape(load.recordBytes, load.batchBytes), index + 1)
    const sum = frameSum(produceFrame({ topic: CEILING_TOPIC, partition: 0, acks: load.acks, batch }))
    crcSum = (crcSum + Math.imul(sum, counts[index] ?? 0)) >>> 0
  }
  return { frames: produced.requests, crcSum }
}
