import { Errors, fetchApi, produceApi } from '@streambus/protocol'
import { MemoryDisk, SeededPrng } from '@streambus/testkit'
import { expect, test, vi } from 'vitest'
import type { Partition } from '../../src/partition/partition.ts'
import { batchOf, type DataPlane, openDataPlane, valuesIn } from '../data-plane.ts'

/** What happened, counted by the test from what it sent and what it was answered. */
interface Tally {
  records: number
  bytes: number
  consumed: number
  consumedBytes: number
  duplicates: number
  refused: number
  refusedBytes: number
  readonly inByTopic: Map<string, number>
}

const TOPICS = ['orders', 'payments', 'clicks'] as const

function produce(plane: DataPlane, topic: string, records: Buffer, acks: number) {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  return plane.inject(produceApi, 9, { transactionalId: null, acks, timeoutMs: 1_000, topicData })
}

async function load(plane: DataPlane, steps: number): Promise<Tally> {
  const prng = new SeededPrng(7)
  const tally: Tally = {
    records: 0,
    bytes: 0,
    consumed: 0,
    consumedBytes: 0,
    duplicates: 0,
    refused: 0,
    refusedBytes: 0,
    inByTopic: new Map()
  }
  for (let step = 0; step < steps; step++) {
    const topic = TOPICS[prng.below(TOPICS.length)] as string
    const values = Array.from({ length: 1 + prng.below(5) }, (_, i) => `value ${step} ${i}`)
    const batch = batchOf(values)
    const kind = prng.below(10)
    if (kind === 0) {
      batch.writeUInt8(batch.readUInt8(batch.length - 1) ^ 1, batch.length - 1)
      const reply = produce(plane, topic, batch, 1)
      expect(reply.body?.responses[0]?.partitionResponses[0]?.errorCode).toBe(Errors.CORRUPT_MESSAGE.code)
      tally.refused++
      tally.refusedBytes += batch.length
    } else if (kind < 7) {
      produce(plane, topic, batch, ([-1, 0, 1] as const)[prng.below(3)] as number)
      tally.records += values.length
      tally.bytes += batch.length
      tally.inByTopic.set(topic, (tally.inByTopic.get(topic) ?? 0) + values.length)
    } else await fetchAll(plane, topic, tally)
    await plane.settle()
  }
  return tally
}

async function fetchAll(plane: DataPlane, topic: string, tally: Tally): Promise<void> {
  const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }
  const topics = [{ topic, partitions: [partition] }]
  const reply = plane.inject(fetchApi, 12, { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, topics })
  await plane.settle()
  const records = reply.body?.responses[0]?.partitions[0]?.records ?? null
  tally.consumed += valuesIn(records).length
  tally.consumedBytes += records?.length ?? 0
}

async function duplicate(plane: DataPlane, tally: Tally): Promise<void> {
  const batch = (): Buffer => batchOf(['once'], { producerId: 5, producerEpoch: 0, baseSequence: 0 })
  for (let attempt = 0; attempt < 3; attempt++) produce(plane, 'orders', batch(), -1)
  await plane.settle()
  tally.records++
  tally.bytes += batch().length
  tally.duplicates += 2
  tally.inByTopic.set('orders', (tally.inByTopic.get('orders') ?? 0) + 1)
}

test('what is refused counts for each of its partitions, whether its producer asked to be told or not', async () => {
  const plane = await openDataPlane({ disk: new MemoryDisk() })
  await plane.createTopic('t')
  const { cells } = plane.metrics
  const counts = () => [
    cells.requestErrors.child('Produce', 'UNKNOWN_TOPIC_OR_PARTITION', 'retriable').value,
    cells.requestErrors.child('Produce', 'KAFKA_STORAGE_ERROR', 'server').value,
    cells.sliEvents.child('produce_availability', 'good').value,
    cells.sliEvents.child('produce_availability', 'bad').value
  ]
  for (const acks of [0, 1]) {
    expect(counts()).toEqual([1, 1, 2, 1].map(count => count * acks))
    produce(plane, 't', batchOf(['a']), acks)
    produce(plane, 'missing', batchOf(['a']), acks)
    vi.spyOn(plane.partitions.find('t', 0) as Partition, 'refusal', 'get').mockReturnValueOnce('full')
    produce(plane, 't', batchOf(['a']), acks)
    await plane.settle()
  }
  expect(counts()).toEqual([2, 2, 4, 2])
})

test('after a scripted load every counter is what was sent and received, to the byte', async () => {
  const plane = await openDataPlane({ disk: new MemoryDisk() })
  for (const name of TOPICS) await plane.createTopic(name)
  const tally = await load(plane, 400)
  await duplicate(plane, tally)
  const { cells } = plane.metrics
  expect([cells.messagesProduced.value, cells.bytesProduced.value]).toEqual([tally.records, tally.bytes])
  expect([cells.messagesConsumed.value, cells.bytesConsumed.value]).toEqual([tally.consumed, tally.consumedBytes])
  expect(cells.producerDuplicates.value).toBe(tally.duplicates)
  expect(cells.invalidRecords.child('corrupt').value).toBe(tally.refused)
  for (const [topic, records] of tally.inByTopic) expect(cells.topicMessagesIn.child(topic).value).toBe(records)
  const sumOf = (family: typeof cells.topicBytesIn): number =>
    [...family.children()].reduce((sum, { cell }) => sum + cell.value, 0)
  expect(sumOf(cells.topicBytesIn)).toBe(tally.bytes)
  expect(sumOf(cells.topicMessagesOut)).toBe(tally.consumed)
  const rejected = TOPICS.map(topic => cells.topicBytesRejected.child(topic, 'CORRUPT_MESSAGE').value)
  expect(rejected.reduce((sum, bytes) => sum + bytes)).toBe(tally.refusedBytes)
  expect(cells.produceBatchBytes.sum).toBe(tally.bytes)
  expect(cells.produceBatchRecords.sum).toBe(tally.records)
  const produces = cells.requestDuration.child('Produce').count
  const asked = ['all', '0', '1'].map(acks => cells.produceAcks.child(acks).value)
  expect(asked.reduce((sum, count) => sum + count)).toBe(produces)
  expect(sumOf(cells.topicProduceRequests)).toBe(produces)
  expect(cells.requestErrors.child('Produce', 'CORRUPT_MESSAGE', 'client').value).toBe(tally.refused)
})
