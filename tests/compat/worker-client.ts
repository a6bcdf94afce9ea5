import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import readline from 'node:readline'
import {
  CODECS,
  type CompatClient,
  type CompatRecord,
  type Place,
  type ReadOptions,
  type ReadRecord,
  type SendOptions,
  type StreamOptions,
  type TopicPartition
} from './client.ts'

interface WireRecord {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
  readonly timestampMs: number | null
}

type Answer = { readonly error?: string } & Readonly<Record<string, unknown>>

/**
 * A client in another language, in a process that answers one line of JSON with one line of JSON
 * (clients/worker.py, clients/Worker.java). Bytes travel as base64.
 */
export class WorkerClient implements CompatClient {
  readonly version: string
  readonly codecs = CODECS
  readonly sendsEmptyValues = true
  readonly sendsTimestamps = true
  readonly deleteRecords?: (place: Place, before: number) => Promise<number>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>

  private constructor(child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>, hello: Answer) {
    this.#child = child
    this.#lines = lines
    this.version = String(hello['version'])
    if (hello['deletesRecords'] === true) {
      this.deleteRecords = async (place, before) =>
        Number((await this.#ask('deleteRecords', { ...place, before }))['lowWatermark'])
    }
  }

  /** Null when the process does not come up: its library is missing. */
  static async open(command: string, args: readonly string[]): Promise<WorkerClient | null> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    // Nobody reads it, and a full pipe would stop the process.
    child.stderr.resume()
    child.on('error', () => undefined)
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const first = await lines.next()
    if (first.done === true) return null
    return new WorkerClient(child, lines, JSON.parse(first.value) as Answer)
  }

  /** One question at a time. */
  async #ask(operation: string, request: object): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify({ operation, ...request })}\n`)
    const line = await this.#lines.next()
    if (line.done === true) throw new Error(`${this.version} ended during ${operation}`)
    const answer = JSON.parse(line.value) as Answer
    if (answer.error !== undefined) throw new Error(`${this.version}, ${operation}: ${answer.error}`)
    return answer
  }

  async produceLines(place: Place, path: string, options: SendOptions): Promise<void> {
    await this.#ask('produceLines', { ...place, ...options, path })
  }

  async produce(place: Place, records: readonly CompatRecord[], options: SendOptions): Promise<(number | null)[]> {
    const answer = await this.#ask('produce', { ...place, ...options, records: records.map(toWire) })
    return answer['offsets'] as (number | null)[]
  }

  async produceStream(place: Place, options: StreamOptions): Promise<string[]> {
    const answer = await this.#ask('produceStream', { ...place, ...options, acks: 'all', idempotent: true })
    return answer['acknowledged'] as string[]
  }

  async consumeLines(place: Place, count: number): Promise<string> {
    return String((await this.#ask('consumeLines', { ...place, count, from: 'earliest' }))['sha256'])
  }

  async consume(place: Place, options: ReadOptions): Promise<ReadRecord[]> {
    const answer = await this.#ask('consume', { ...place, ...options })
    return (answer['records'] as (WireRecord & { offset: number })[]).map(row => ({
      offset: row.offset,
      timestampMs: row.timestampMs,
      key: bytes(row.key),
      value: bytes(row.value),
      headers: row.headers.map(([name, value]) => [name, bytes(value)] as const)
    }))
  }

  async offset(place: Place, at: number | 'earliest' | 'latest'): Promise<number | null> {
    return (await this.#ask('offset', { ...place, at }))['offset'] as number | null
  }

  async listTopics(): Promise<string[]> {
    return (await this.#ask('listTopics', {}))['topics'] as string[]
  }

  async describeTopic(topic: string): Promise<TopicPartition[]> {
    return (await this.#ask('describeTopic', { topic }))['partitions'] as TopicPartition[]
  }

  async createTopic(topic: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void> {
    await this.#ask('createTopic', { topic, partitions, configs })
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#ask('deleteTopic', { topic })
  }

  async createPartitions(topic: string, total: number): Promise<void> {
    await this.#ask('createPartitions', { topic, total })
  }

  async describeConfigs(topic: string): Promise<Record<string, string | null>> {
    return (await this.#ask('describeConfigs', { topic }))['configs'] as Record<string, string | null>
  }

  async alterConfigs(topic: string, set: Readonly<Record<string, string>>): Promise<void> {
    await this.#ask('alterConfigs', { topic, set })
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.stdin.end()
    await exited
  }
}

function toWire(record: CompatRecord): WireRecord {
  return {
    key: record.key?.toString('base64') ?? null,
    value: record.value?.toString('base64') ?? null,
    headers: record.headers.map(([name, value]) => [name, value?.toString('base64') ?? null] as const),
    timestampMs: record.timestampMs
  }
}

function bytes(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64')
}
