import { fileURLToPath } from 'node:url'
import {
  CODECS,
  type CompatClient,
  type CompatRecord,
  type OpenClient,
  type Place,
  type ReadOptions,
  type ReadRecord,
  type SendOptions,
  type StreamOptions,
  type TopicPartition
} from './client.ts'
import { feed, runHash, runOk } from './run.ts'

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

interface JsonRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key?: string | null
  readonly keyBase64?: string
  readonly value?: string | null
  readonly valueBase64?: string
  readonly headers: readonly { readonly name: string; readonly value?: string | null; readonly valueBase64?: string }[]
}

interface JsonTopic {
  readonly name: string
  readonly partitions: readonly {
    readonly partition: number
    readonly leader: number
    readonly replicas: readonly number[]
    readonly inSync: readonly number[]
    readonly firstOffset: number
    readonly nextOffset: number
  }[]
}

/** Our own command line tool, one process per operation. It sends no tombstones and no timestamps. */
class CliClient implements CompatClient {
  readonly version = 'streambus CLI'
  readonly codecs = CODECS
  readonly sendsEmptyValues = true
  readonly resetsItself = false
  readonly sendsTombstones = false
  readonly sendsTimestamps = false
  readonly #bootstrap: string

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap
  }

  #args(command: readonly string[]): string[] {
    return [MAIN, '--bootstrap', this.#bootstrap, ...command]
  }

  async #json<T>(command: readonly string[]): Promise<T> {
    return JSON.parse((await runOk(process.execPath, this.#args([...command, '--json']))).toString()) as T
  }

  #produce({ topic, partition }: Place, { codec = 'none', acks = 'all' }: SendOptions): string[] {
    return this.#args(['produce', topic, '-p', String(partition), '-z', codec, '-a', acks])
  }

  async produceLines(place: Place, path: string, options: SendOptions): Promise<void> {
    await runOk(process.execPath, [...this.#produce(place, options), '-f', path])
  }

  /** A process per record: keys and headers are arguments. */
  async produce(place: Place, records: readonly CompatRecord[], options: SendOptions): Promise<null[]> {
    for (const { key, value, headers } of records) {
      const args = [...this.#produce(place, options), '--raw']
      if (key !== null) args.push('-k', key.toString())
      for (const [name, content] of headers) args.push('-H', `${name}=${content?.toString() ?? ''}`)
      await runOk(process.execPath, args, { input: value ?? '' })
    }
    return records.map(() => null)
  }

  async produceStream(place: Place, { prefix, count, spreadMs }: StreamOptions): Promise<string[]> {
    const values = Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
    const { code, stderr } = await feed(process.execPath, this.#produce(place, {}), values, spreadMs)
    if (code !== 0) throw new Error(`streambus produce ended with ${code}: ${stderr}`)
    return values
  }

  async consumeLines({ topic, partition }: Place, count: number): Promise<string> {
    const command = ['consume', topic, '-p', String(partition), '-n', String(count), '--follow']
    return runHash(process.execPath, this.#args(command))
  }

  async consume({ topic, partition }: Place, { from, count }: ReadOptions): Promise<ReadRecord[]> {
    const start = from === 'earliest' ? 'beginning' : from === 'latest' ? 'end' : String(from)
    const command = ['consume', topic, '-p', String(partition), '-o', start, '-n', String(count), '--follow', '--json']
    const printed = await runOk(process.execPath, this.#args(command), { timeoutMs: 20_000 })
    const lines = printed.toString().split('\n').slice(0, -1)
    return lines.map(line => toRecord(JSON.parse(line) as JsonRecord))
  }

  async offset({ topic, partition }: Place, at: number | 'earliest' | 'latest'): Promise<number | null> {
    if (typeof at === 'number') {
      const command = ['consume', topic, '-p', String(partition), '-t', String(at), '-n', '1', '--json']
      const printed = (await runOk(process.execPath, this.#args(command))).toString()
      return printed === '' ? null : (JSON.parse(printed) as JsonRecord).offset
    }
    const found = (await this.#describe(topic)).find(row => row.partition === partition)
    return (at === 'earliest' ? found?.firstOffset : found?.nextOffset) ?? null
  }

  async #describe(topic: string): Promise<JsonTopic['partitions']> {
    const [found] = await this.#json<readonly JsonTopic[]>(['topic', 'describe', topic])
    return found?.partitions ?? []
  }

  async listTopics(): Promise<string[]> {
    return (await this.#json<readonly { readonly name: string }[]>(['topic', 'list'])).map(({ name }) => name)
  }

  async describeTopic(topic: string): Promise<TopicPartition[]> {
    const partitions = await this.#describe(topic)
    return partitions.map(({ partition, leader, replicas, inSync }) => ({
      id: partition,
      leader,
      replicas,
      isr: inSync
    }))
  }

  async createTopic(topic: string, partitions: number, configs: Readonly<Record<string, string>>): Promise<void> {
    await this.#json(['topic', 'create', topic, '--partitions', String(partitions), ...settings(configs)])
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#json(['topic', 'delete', topic])
  }

  async createPartitions(topic: string, total: number): Promise<void> {
    await this.#json(['topic', 'alter', topic, '--partitions', String(total)])
  }

  async describeConfigs(topic: string): Promise<Record<string, string | null>> {
    type Row = { readonly name: string; readonly value: string | null }
    const printed = await this.#json<readonly Row[]>(['config', 'describe', 'topic', topic, '--all'])
    return Object.fromEntries(printed.map(({ name, value }) => [name, value]))
  }

  async alterConfigs(topic: string, set: Readonly<Record<string, string>>): Promise<void> {
    await this.#json(['topic', 'alter', topic, ...settings(set)])
  }

  async close(): Promise<void> {}
}

function settings(configs: Readonly<Record<string, string>>): string[] {
  return Object.entries(configs).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

function toRecord(row: JsonRecord): ReadRecord {
  return {
    offset: row.offset,
    timestampMs: row.timestamp,
    key: bytes(row.key, row.keyBase64),
    value: bytes(row.value, row.valueBase64),
    headers: row.headers.map(({ name, value, valueBase64 }) => [name, bytes(value, valueBase64)] as const)
  }
}

function bytes(text: string | null | undefined, base64: string | undefined): Buffer | null {
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  return text === null || text === undefined ? null : Buffer.from(text)
}

export const openCli: OpenClient = async bootstrap => new CliClient(bootstrap)
