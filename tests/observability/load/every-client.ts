import fs from 'node:fs'
import path from 'node:path'
import { tempDir } from '@streambus/testkit'
import type { Acks, Codec, CompatClient, OpenClient } from '../../compat/client.ts'
import { openKafkaJs } from '../../compat/kafkajs-client.ts'
import { openKcat } from '../../compat/kcat-client.ts'
import { openPlatformatic } from '../../compat/platformatic-client.ts'
import { openJava, openPython } from '../../compat/runtimes.ts'
import type { LoadStage } from './load-stage.ts'

/** Those that come with the repository, and those that may be missing on a machine. */
export const NODE_CLIENTS: Readonly<Record<string, OpenClient>> = {
  platformatic: openPlatformatic,
  kafkajs: openKafkaJs
}
export const OTHER_CLIENTS: Readonly<Record<string, OpenClient>> = {
  kcat: openKcat,
  python: openPython,
  java: openJava
}

const LINES_PER_SEND = 40
const PARTITIONS = 2
/** Small, so that segments end. */
const SEGMENT_BYTES = 8192
const ACKS: readonly Acks[] = ['all', '1', '0']

/** Each client that there is sends in every codec that it has, with every acks; what it sent is read to the end. */
export async function withEveryClient(stage: LoadStage, clients: Readonly<Record<string, OpenClient>>): Promise<void> {
  const reader = await openPlatformatic(stage.bootstrap)
  if (typeof reader === 'string') throw new Error(reader)
  try {
    for (const [name, open] of Object.entries(clients)) {
      const client = await open(stage.bootstrap)
      if (typeof client === 'string') {
        stage.skipped.push(`${name}: ${client}`)
        continue
      }
      try {
        await sendAndRead(stage, { client, reader, topic: stage.name(name) })
      } finally {
        await client.close()
      }
    }
  } finally {
    await reader.close()
  }
}

interface Turn {
  readonly client: CompatClient
  /** Reads for a client that cannot, and creates topics for one that does not. */
  readonly reader: CompatClient
  readonly topic: string
}

async function sendAndRead(stage: LoadStage, { client, reader, topic }: Turn): Promise<void> {
  stage.say(`${client.version} sends to ${topic}`)
  await reader.createTopic?.(topic, PARTITIONS, { 'segment.bytes': String(SEGMENT_BYTES) })
  const folder = tempDir('load')
  const counts = Array.from({ length: PARTITIONS }, () => 0)
  try {
    for (const [at, codec] of [...client.codecs, 'none' as const].entries()) {
      const partition = at % PARTITIONS
      const lines = await sendLines(stage, client, {
        file: path.join(folder.path, `${at}.txt`),
        place: { topic, partition },
        codec,
        acks: ACKS[at % ACKS.length] ?? 'all',
        isIdempotent: at === 0
      })
      counts[partition] = (counts[partition] ?? 0) + lines
    }
  } finally {
    folder.remove()
  }
  counts[0] = (counts[0] ?? 0) + (await sendKeys(stage, client, topic))
  await lookAround(client, topic)
  await readAll(stage, client.consume === undefined ? reader : client, { topic, counts })
}

interface Sending {
  readonly file: string
  readonly place: { readonly topic: string; readonly partition: number }
  readonly codec: Codec
  readonly acks: Acks
  readonly isIdempotent: boolean
}

async function sendLines(
  stage: LoadStage,
  client: CompatClient,
  { file, place, codec, acks, isIdempotent }: Sending
): Promise<number> {
  const lines = Array.from({ length: LINES_PER_SEND }, () => stage.line(200))
  fs.writeFileSync(file, lines.map(line => `${line}\n`).join(''))
  const options = isIdempotent ? { codec, acks: 'all' as const, idempotent: true } : { codec, acks }
  await client.produceLines(place, file, options)
  const counted = options.acks === '0' ? stage.counted.sent : stage.counted.acknowledged
  counted.add(lines.length, place.topic)
  return lines.length
}

/** Keys and headers; to the first partition. */
async function sendKeys(stage: LoadStage, client: CompatClient, topic: string): Promise<number> {
  const records = Array.from({ length: 3 }, (_, at) => ({
    key: Buffer.from(`key-${at}`),
    value: Buffer.from(stage.line(100)),
    headers: [['origin', Buffer.from('load')] as const],
    timestampMs: null
  }))
  await client.produce({ topic, partition: 0 }, records, { acks: 'all' })
  stage.counted.acknowledged.add(records.length, topic)
  return records.length
}

/** What people ask about topics, and change, as far as the client does it. */
async function lookAround(client: CompatClient, topic: string): Promise<void> {
  await client.listTopics?.()
  await client.describeTopic?.(topic)
  await client.offset?.({ topic, partition: 0 }, 'latest')
  await client.describeConfigs?.(topic)
  await client.alterConfigs?.(topic, { 'retention.ms': '86400000' })
  await client.createPartitions?.(topic, PARTITIONS + 1)
}

async function readAll(
  stage: LoadStage,
  reader: CompatClient,
  { topic, counts }: { readonly topic: string; readonly counts: readonly number[] }
): Promise<void> {
  for (const [partition, count] of counts.entries()) {
    const read = (await reader.consume?.({ topic, partition }, { from: 'earliest', count })) ?? []
    if (read.length !== count)
      throw new Error(`${reader.version} read ${read.length} records of ${count} from ${topic}`)
    stage.counted.received.add(read.length, topic)
  }
}
