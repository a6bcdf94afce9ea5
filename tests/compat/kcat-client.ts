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
import { feed, run, runHash, runOk } from './run.ts'

interface Listing {
  readonly topics: readonly {
    readonly topic: string
    readonly error?: string
    readonly partitions: readonly {
      readonly partition: number
      readonly leader: number
      readonly replicas: readonly { readonly id: number }[]
      readonly isrs: readonly { readonly id: number }[]
    }[]
  }[]
}

const AT = { earliest: -2, latest: -1 } as const

/** kcat, one process per operation, as people use it. It drops empty lines and cannot set timestamps. */
class KcatClient implements CompatClient {
  readonly version: string
  readonly codecs = CODECS
  readonly sendsEmptyValues = false
  readonly sendsTimestamps = false
  readonly #bootstrap: string

  constructor(bootstrap: string, version: string) {
    this.#bootstrap = bootstrap
    this.version = version
  }

  #producer({ topic, partition }: Place, { acks = 'all', codec = 'none', idempotent = false }: SendOptions): string[] {
    const settings = [`acks=${acks}`, 'message.max.bytes=2000000', 'linger.ms=5', 'reconnect.backoff.max.ms=500']
    if (idempotent) settings.push('enable.idempotence=true', 'max.in.flight=5')
    const args = ['-P', '-b', this.#bootstrap, '-t', topic, '-p', String(partition), '-E']
    if (codec !== 'none') args.push('-z', codec)
    return args.concat(settings.flatMap(setting => ['-X', setting]))
  }

  async produceLines(place: Place, path: string, options: SendOptions): Promise<void> {
    await runOk('kcat', [...this.#producer(place, options), '-l', path])
  }

  /** A process per record, because headers and keys are arguments. */
  async produce(place: Place, records: readonly CompatRecord[], options: SendOptions): Promise<null[]> {
    for (const { key, value, headers } of records) {
      const args = this.#producer(place, options)
      for (const [name, content] of headers) args.push('-H', content === null ? name : `${name}=${content.toString()}`)
      // With a key and -Z, nothing behind the delimiter is a null value.
      if (value === null) await runOk('kcat', [...args, '-K', '\t', '-Z'], { input: `${key?.toString() ?? ''}\t\n` })
      else {
        if (key !== null) args.push('-k', key.toString())
        // A delimiter that does not occur, so that the whole input is one record.
        await runOk('kcat', [...args, '-D', '\\x01\\x02never\\x03'], { input: value })
      }
    }
    return records.map(() => null)
  }

  async produceStream(place: Place, { prefix, count, spreadMs }: StreamOptions): Promise<string[]> {
    const values = Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
    const { code, stderr } = await feed('kcat', this.#producer(place, { idempotent: true }), values, spreadMs)
    if (code !== 0 || stderr.includes('Delivery failed')) throw new Error(`kcat ended with ${code}: ${stderr}`)
    return values
  }

  async consumeLines({ topic, partition }: Place, count: number): Promise<string> {
    const place = ['-t', topic, '-p', String(partition), '-o', 'beginning', '-c', String(count)]
    return runHash('kcat', ['-C', '-b', this.#bootstrap, ...place, '-q', '-X', 'check.crcs=true'])
  }

  async consume({ topic, partition }: Place, { from, count, reset = 'error' }: ReadOptions): Promise<ReadRecord[]> {
    const start = from === 'earliest' ? 'beginning' : from === 'latest' ? 'end' : String(from)
    const args = ['-C', '-b', this.#bootstrap, '-t', topic, '-p', String(partition), '-o', start, '-c', String(count)]
    const settings = ['-X', `topic.auto.offset.reset=${reset}`, '-X', 'check.crcs=true']
    const format = '%o %T %K %S|%k%s|%h\n'
    return parseRecords(await runOk('kcat', [...args, ...settings, '-q', '-f', format], { timeoutMs: 20_000 }))
  }

  async offset({ topic, partition }: Place, at: number | 'earliest' | 'latest'): Promise<number | null> {
    const time = typeof at === 'number' ? at : AT[at]
    const printed = await runOk('kcat', ['-Q', '-b', this.#bootstrap, '-t', `${topic}:${partition}:${time}`])
    const offset = Number(/offset (-?\d+)/.exec(printed.toString())?.[1])
    return offset < 0 ? null : offset
  }

  async #list(more: readonly string[]): Promise<Listing> {
    return JSON.parse((await runOk('kcat', ['-L', '-J', '-b', this.#bootstrap, ...more])).toString()) as Listing
  }

  async listTopics(): Promise<string[]> {
    return (await this.#list([])).topics.map(({ topic }) => topic)
  }

  async describeTopic(topic: string): Promise<TopicPartition[]> {
    const found = (await this.#list(['-t', topic])).topics[0]
    if (found === undefined || found.error !== undefined) throw new Error(`kcat: ${found?.error ?? 'no topic'}`)
    return found.partitions.map(({ partition, leader, replicas, isrs }) => ({
      id: partition,
      leader,
      replicas: replicas.map(({ id }) => id),
      isr: isrs.map(({ id }) => id)
    }))
  }

  async close(): Promise<void> {}
}

/** `offset time keyBytes valueBytes|key value|headers`, lengths −1 for null. */
function parseRecords(printed: Buffer): ReadRecord[] {
  const records: ReadRecord[] = []
  for (let at = 0; at < printed.length; ) {
    const bar = printed.indexOf('|', at)
    const [offset = 0, timestampMs = 0, keyBytes = 0, valueBytes = 0] = printed
      .toString('latin1', at, bar)
      .split(' ')
      .map(Number)
    const keyEnd = bar + 1 + Math.max(keyBytes, 0)
    const valueEnd = keyEnd + Math.max(valueBytes, 0)
    const lineEnd = printed.indexOf('\n', valueEnd)
    records.push({
      offset,
      timestampMs,
      key: keyBytes < 0 ? null : printed.subarray(bar + 1, keyEnd),
      value: valueBytes < 0 ? null : printed.subarray(keyEnd, valueEnd),
      headers: parseHeaders(printed.toString('utf8', valueEnd + 1, lineEnd))
    })
    at = lineEnd + 1
  }
  return records
}

function parseHeaders(text: string): [string, Buffer | null][] {
  if (text === '') return []
  return text.split(',').map(header => {
    const [name = '', value = ''] = header.split('=')
    return [name, value === 'NULL' ? null : Buffer.from(value)]
  })
}

export const openKcat: OpenClient = async bootstrap => {
  const { code, stdout } = await run('kcat', ['-V'])
  if (code !== 0) return 'kcat is not on the PATH (apt-get install kcat)'
  const [, version = '?'] = /Version (\S+) .*?(librdkafka \S+)?/.exec(stdout.toString()) ?? []
  return new KcatClient(bootstrap, `kcat ${version}, ${/librdkafka [\d.]+/.exec(stdout.toString())?.[0] ?? ''}`)
}
