import type { ClusterClient, TopicMetadata } from '@streambus/wire-client'
import { withCluster } from '../cluster.ts'
import { Consumer } from '../consume/consumer.ts'
import type { Fetched } from '../consume/fetch-lane.ts'
import { OutputBuffer } from '../consume/output-buffer.ts'
import { parseStart, type Range, resolveRanges } from '../consume/positions.ts'
import { jsonPrinter, type Printer, rawPrinter } from '../consume/printers.ts'
import { walkRecords } from '../consume/walk-records.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { Progress } from '../output/progress.ts'
import { parseWhole, UsageError } from '../usage-error.ts'

export interface ConsumeOptions {
  readonly offset: string
  readonly timestamp?: string
  readonly partition?: readonly string[]
  readonly count?: number
  readonly follow?: boolean
  readonly exitAtEnd?: boolean
  readonly format: 'raw' | 'json'
  readonly keys?: boolean
  readonly headers?: boolean
  readonly printOffsets?: boolean
  readonly progress?: boolean
}

interface State {
  records: number
  bytes: number
  isInterrupted: boolean
}

/** Prints the records of a topic until the end, the count, or an interrupt. */
export async function consume(call: Call<ConsumeOptions>): Promise<number> {
  const { io, options } = call
  if (options.follow && options.exitAtEnd) throw new UsageError('--follow and --exit-at-end exclude each other')
  const state: State = { records: 0, bytes: 0, isInterrupted: false }
  const progress = new Progress({
    clock: io.clock,
    sink: io.stderr,
    isShown: options.progress ?? (io.stderr.isTty && !io.stdout.isTty),
    amount: () => state
  })
  try {
    await withCluster(call, cluster => readTopic(call, cluster, state))
  } finally {
    progress.stop()
  }
  if (options.progress || io.stderr.isTty) io.stderr.line(`read from ${call.args[0]}: ${progress.summary()}`)
  return state.isInterrupted && !options.follow ? ExitCode.interrupted : ExitCode.ok
}

async function readTopic(call: Call<ConsumeOptions>, cluster: ClusterClient, state: State): Promise<void> {
  const { io, args, options } = call
  const topic = args[0] as string
  const countMax = options.count ?? Number.POSITIVE_INFINITY
  const isDone = (): boolean => state.isInterrupted || state.records >= countMax || io.stdout.isBroken
  const undo = io.onInterrupt(() => {
    state.isInterrupted = true
    void cluster.destroy()
  })
  try {
    const start = parseStart(options.offset, options.timestamp)
    const partitions = choosePartitions(await cluster.topic(topic), options.partition ?? [])
    const ranges = await resolveRanges(cluster, topic, { start, partitions })
    const stopsAtEnd = options.follow !== true
    const deliver = makeDeliver(call, { ranges, stopsAtEnd, countMax, state })
    await new Consumer({ cluster, clock: io.clock, topic, ranges, stopsAtEnd, deliver, isDone }).run()
  } catch (error) {
    if (!isDone()) throw error
  } finally {
    undo()
    // A fetch that still waits for records is of no interest any more.
    await cluster.destroy()
  }
}

interface Delivery {
  readonly ranges: ReadonlyMap<number, Range>
  readonly stopsAtEnd: boolean
  readonly countMax: number
  readonly state: State
}

function makeDeliver({ io, args, options }: Call<ConsumeOptions>, delivery: Delivery) {
  const { ranges, stopsAtEnd, countMax, state } = delivery
  const output = new OutputBuffer(io.stdout)
  const print: Printer =
    options.json || options.format === 'json'
      ? jsonPrinter(output, args[0] as string)
      : rawPrinter(output, {
          keys: options.keys ?? false,
          headers: options.headers ?? false,
          offsets: options.printOffsets ?? false
        })
  return ({ partition, batches }: Fetched): Promise<void> | null => {
    const { next: from, end } = ranges.get(partition) as Range
    const until = stopsAtEnd ? end : Number.POSITIVE_INFINITY
    walkRecords(batches, record => {
      // A batch may begin before the offset asked for, and end after the end that was promised.
      if (record.offset < from) return true
      if (record.offset >= until) return false
      print(record, partition)
      state.records++
      state.bytes += Math.max(record.valueBytes, 0) + Math.max(record.keyBytes, 0)
      return state.records < countMax
    })
    output.flush()
    return io.stdout.stream.writableNeedDrain ? io.stdout.drained() : null
  }
}

function choosePartitions({ name, partitions }: TopicMetadata, wanted: readonly string[]): number[] {
  const all = partitions.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b)
  if (wanted.length === 0) return all
  return wanted
    .flatMap(text => text.split(','))
    .map(text => {
      const partition = parseWhole(text, '--partition', { min: 0, max: 2 ** 31 - 1 })
      if (all.includes(partition)) return partition
      throw new UsageError(`--partition is ${partition}; topic ${name} has partitions 0 … ${all.length - 1}`)
    })
}
