import { randomInt } from 'node:crypto'
import { initProducerIdApi } from '@streambus/protocol'
import type { CodecName } from '@streambus/protocol/records'
import type { ClusterClient, TopicMetadata } from '@streambus/wire-client'
import { check } from '../answers.ts'
import { withCluster } from '../cluster.ts'
import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'
import { Progress } from '../output/progress.ts'
import { printJson } from '../output/table.ts'
import type { Identity } from '../produce/batch-writer.ts'
import { lineRecords, unescape } from '../produce/line-records.ts'
import type { LineSplitter } from '../produce/line-splitter.ts'
import { Producer } from '../produce/producer.ts'
import { openSources, readAll, type Source } from '../produce/source.ts'
import { troubleTeller, withUnconfirmed } from '../produce/trouble.ts'
import { parsePairs, UsageError } from '../usage-error.ts'

export interface ProduceOptions {
  readonly file?: readonly string[]
  readonly raw?: boolean
  readonly key?: string
  readonly keySeparator?: string
  readonly header?: readonly string[]
  readonly partition?: number
  readonly acks: '0' | '1' | 'all'
  readonly compression: CodecName
  readonly linger: number
  readonly batchBytes: number
  readonly progress?: boolean
}

/** The request wants one although there is no transaction; Java's default. */
const TRANSACTION_TIMEOUT_MS = 60_000

/** A topic that the broker creates on demand is unknown for a moment; one that it does not create stays so. */
const CREATION_RETRY = { totalMs: 5000, pauseMs: 50, pauseMsMax: 500 }

/** How long a partition may refuse what it gets when --timeout does not say; as in the Java client. */
const GIVE_UP_MS = 120_000

interface Counters {
  records: number
  bytes: number
  isInterrupted: boolean
  /** Null while it is opened. */
  producer: Producer | null
}

/**
 * Sends all sources, one after the other. On an interrupt what was read is still sent, unless there is trouble. Throws
 * InterruptedError when something is not confirmed then.
 */
export async function produce(call: Call<ProduceOptions>): Promise<number> {
  const { io, args, options } = call
  const topic = args[0] as string
  if (options.key !== undefined && options.keySeparator !== undefined) {
    throw new UsageError('--key and --key-separator exclude each other: the key is fixed, or in the line')
  }
  const sources = openSources(io, options.file ?? [])
  const counters: Counters = { records: 0, bytes: 0, isInterrupted: false, producer: null }
  const progress = new Progress({
    clock: io.clock,
    sink: io.stderr,
    isShown: options.progress ?? (io.stderr.isTty && !io.stdin.isTTY),
    amount: () => counters
  })
  const undo = io.onInterrupt(() => {
    counters.isInterrupted = true
    for (const { stream } of sources) stream.destroy()
    counters.producer?.hurry()
  })
  try {
    const producer = await withCluster(
      call,
      async cluster => {
        const opened = await openProducer(call, cluster, topic)
        counters.producer = opened
        for (const source of sources) if (!counters.isInterrupted) await sendSource(call, opened, { source, counters })
        await opened.flush()
        return opened
      },
      () => counters.isInterrupted
    )
    progress.stop()
    report(call, producer, { topic, counters, summary: progress.summary(), elapsedMs: progress.elapsedMs })
  } catch (error) {
    const { records, producer, isInterrupted } = counters
    throw withUnconfirmed(error, { read: records, confirmed: producer?.confirmedRecords ?? 0, isInterrupted })
  } finally {
    progress.stop()
    undo()
    for (const { stream } of sources) stream.destroy()
  }
  return counters.isInterrupted ? ExitCode.interrupted : ExitCode.ok
}

async function openProducer(call: Call<ProduceOptions>, cluster: ClusterClient, topic: string): Promise<Producer> {
  const { io, options } = call
  const headers = parsePairs(options.header ?? [], '--header')
  const metadata = await cluster.retry(() => cluster.topic(topic, { createMissing: true }), CREATION_RETRY)
  const partitionCount = metadata.partitions.length
  return new Producer({
    cluster,
    clock: io.clock,
    topic,
    partitionCount,
    firstPartition: randomInt(partitionCount),
    fixedPartition: fixedPartition(options, metadata),
    acks: options.acks === 'all' ? -1 : options.acks === '1' ? 1 : 0,
    identity: options.acks === 'all' ? await requestIdentity(cluster) : null,
    codec: options.compression,
    headers: headers.map(({ name, value }) => ({ key: name, value: Buffer.from(value) })),
    batchBytes: options.batchBytes,
    lingerMs: options.linger,
    timeoutMs: options.timeout,
    giveUpMs: options.isTimeoutGiven === true ? options.timeout : GIVE_UP_MS,
    onTrouble: troubleTeller(call)
  })
}

function fixedPartition({ partition }: ProduceOptions, { partitions, name }: TopicMetadata): number | null {
  if (partition === undefined) return null
  if (partition < partitions.length) return partition
  throw new UsageError(`--partition is ${partition}; topic ${name} has partitions 0 … ${partitions.length - 1}`)
}

async function requestIdentity(cluster: ClusterClient): Promise<Identity> {
  return cluster.retry(async () => {
    const connection = await cluster.any()
    const answer = await connection.send(initProducerIdApi, {
      transactionalId: null,
      transactionTimeoutMs: TRANSACTION_TIMEOUT_MS
    })
    check('producer id', answer)
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
  })
}

async function sendSource(
  { options }: Call<ProduceOptions>,
  producer: Producer,
  { source, counters }: { source: Source; counters: Counters }
): Promise<void> {
  const key = options.key === undefined ? null : Buffer.from(options.key)
  const take = (recordKey: Buffer | null, value: Buffer): void => {
    producer.append(recordKey, value)
    counters.records++
    counters.bytes += value.length + (recordKey?.length ?? 0)
  }
  try {
    if (options.raw) take(key, await readAll(source))
    else await sendLines(producer, source, lineRecords({ key, separator: separatorOf(options) }, take))
  } catch (error) {
    // An interrupt destroys the stream under the loop; that is no failure.
    if (!counters.isInterrupted) throw error
  }
}

async function sendLines(producer: Producer, { stream }: Source, lines: LineSplitter): Promise<void> {
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    lines.push(chunk)
    if (producer.isFull) await producer.room()
  }
  lines.end()
}

function separatorOf({ keySeparator }: ProduceOptions): Buffer | null {
  if (keySeparator === undefined) return null
  if (keySeparator === '') throw new UsageError('--key-separator is empty; at least one character is expected')
  return unescape(keySeparator)
}

function report(
  { io, options }: Call<ProduceOptions>,
  producer: Producer,
  result: { topic: string; counters: Counters; summary: string; elapsedMs: number }
): void {
  const { topic, counters, summary, elapsedMs } = result
  if (options.json) {
    const partitions = producer.totals().map(([partition, { records, firstOffset, lastOffset }]) => ({
      partition,
      records,
      firstOffset: firstOffset < 0 ? null : firstOffset,
      lastOffset: lastOffset < 0 ? null : lastOffset
    }))
    printJson(io.stdout, {
      topic,
      records: counters.records,
      bytes: counters.bytes,
      milliseconds: Math.round(elapsedMs),
      partitions
    })
  } else io.stderr.line(`sent to ${topic}: ${summary}`)
}
